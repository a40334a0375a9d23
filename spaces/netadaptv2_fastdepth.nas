//! NetAdaptV2 on FastDepth: how many filters are left in each separable unit of encoder and decoder, with channel-level
//! bypass connections where the resolution stays, and kernels of {3, 5} in the encoder and {3, 5, 7} in the decoder cut
//! from super-kernels; 2^46 * 3^5 * 65^5 * 129 networks.
//!
//! Source: Yang et al., "NetAdaptV2: Efficient Neural Architecture Search with Fast Super-Network Training and
//! Architecture Optimization" (CVPR 2021), whose experiments on NYU Depth V2 begin with FastDepth (Wofk et al., ICRA
//! 2019). With kernels of 3 in the encoder and 5 in the decoder and all filters a network is FastDepth itself, which is
//! the seed architecture here: 736,658,944 multiply-adds and 3,960,930 parameters on images of 224x224.
//!
//! Uncertain: the initial network of the published search. What the decoder adds of the encoder has one width on
//! both sides, so the two units share its decision, and neither has a bypass: what a bypass carries would make their
//! widths differ. A unit of the decoder ends before the resolution is doubled.

/// How many filters are left, one decision: multiples of the quantum, and none where `none` is.
block filters(full: int, none: bool = false) {
    let quantum = if full > 256 { 16 } else { 8 }
    let some = for width in quantum..=full step quantum { width }
    choose keep in (if none { [0] } else { [] }) + some default full
}

/// A separable unit of so many filters.
block unit(x, keep: int, kernels: [int], seed: int, stride: int = 1, activation: block = relu6) {
    let kernel = choose kernel in kernels default seed
    x
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> activation
        -> conv(keep) as pointwise
        -> bn
        -> activation
}

block encode(x, keep: int, stride: int = 1) {
    x -> unit(keep, kernels: [3, 5], seed: 3, stride: stride)
}

block decode(x, keep: int) {
    x -> unit(keep, kernels: [3, 5, 7], seed: 5, activation: relu)
}

/// A unit with a bypass: without filters it passes its input on.
block bypassed(x, full: int) {
    let keep = filters(full, none: true)
    bypass(x -> encode(keep), x, keep: keep, limit: full)
}

space netadaptv2_fastdepth(size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6

    // The widths of what is added in the decoder.
    let joint1 = filters(64)
    let joint3 = filters(128)
    let joint5 = filters(256)

    let e1 = stem -> encode(joint1)
    let e2 = e1 -> encode(filters(128), stride: 2)
    let e3 = e2 -> encode(joint3)
    let e4 = e3 -> encode(filters(256), stride: 2)
    let e5 = e4 -> encode(joint5)
    let e6 = e5 -> encode(filters(512), stride: 2)
    for i in 0..5 as middle { e6 = e6 -> bypassed(512) }
    let e12 = e6 -> encode(filters(1024), stride: 2)
    let e13 = e12 -> bypassed(1024)

    let d1 = e13 -> decode(filters(512)) -> resize(scale: 2)
    let d2 = (d1 -> decode(joint5) -> resize(scale: 2)) + e5
    let d3 = (d2 -> decode(joint3) -> resize(scale: 2)) + e3
    let d4 = (d3 -> decode(joint1) -> resize(scale: 2)) + e1
    let d5 = d4 -> decode(filters(32)) -> resize(scale: 2)

    output depth = d5 -> conv(1) as point -> bn -> relu
}
