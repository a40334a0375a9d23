//! PV-NAS, video networks: in each of twenty-one inverted residuals how it looks along time (a joint kernel, a
//! factorised one, or a shift), its kernel in frames and places, and its expansion, or nothing at all where the shape
//! stays; 36^6 * 37^15 networks.
//!
//! Source: Wang et al., "PV-NAS: Practical Neural Architecture Search for Video Recognition" (arXiv 2011.00826, 2020),
//! of which only the abstract is behind this file: a gradient-based search in a space of space and time.
//!
//! Uncertain, because without a source: everything else. The candidates are frames {1, 3, 5}, places {3, 5, 7} and
//! expansion {3, 6}; a joint kernel of one frame is the purely spatial one. Layers, widths and strides are those of
//! ProxylessNAS, and a clip has eight frames. Kernels share their centre here; the candidates of the paper may not.

import "std/head" { classifier }
import "std/video" { mbconv2plus1d, mbconv3d, shifted_mbconv }

/// Any kernel of one kind and any expansion.
block joint(x, out: int, stride: int) {
    let frames = choose frames in {1, 3, 5}
    let kernel = choose kernel in {3, 5, 7}
    let expand = choose expand in {3, 6}
    x -> mbconv3d(out, frames: frames, kernel: kernel, expand: expand, stride: stride)
}

block factorised(x, out: int, stride: int) {
    let frames = choose frames in {3, 5}
    let kernel = choose kernel in {3, 5, 7}
    let expand = choose expand in {3, 6}
    x -> mbconv2plus1d(out, frames: frames, kernel: kernel, expand: expand, stride: stride)
}

block shifted(x, out: int, stride: int) {
    let kernel = choose kernel in {3, 5, 7}
    let expand = choose expand in {3, 6}
    x -> shifted_mbconv(out, kernel: kernel, expand: expand, stride: stride)
}

/// `layers` layers of `out` channels; the first changes width or resolution, and cannot be left out.
block stage(x, out: int, stride: int, layers: int = 4) {
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        x = x -> choose op {
            joint: joint(out, s)
            factorised: factorised(out, s)
            shifted: shifted(out, s)
            if s == 1 and x.channels == out { skip: identity }
        }
    }
    x
}

space pvnas(classes: int = 400, frames: int = 8, size: int = 224) {
    input clip: [3, frames, size, size]

    let stem = clip -> conv(32, kernel: [1, 3, 3], stride: [1, 2, 2]) -> bn -> relu6
    let separable = stem -> mbconv3d(16, frames: 1, kernel: 3, expand: 1)
    let s1 = separable -> stage(24, stride: 2)
    let s2 = s1 -> stage(40, stride: 2)
    let s3 = s2 -> stage(80, stride: 2)
    let s4 = s3 -> stage(96, stride: 1)
    let s5 = s4 -> stage(192, stride: 2)
    let s6 = s5 -> stage(320, stride: 1, layers: 1)

    output logits = s6 -> classifier(classes, features: 1280)
}
