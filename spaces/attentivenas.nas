//! AttentiveNAS: resolution, and in every stage a width, a depth, a kernel and an expansion that all its blocks
//! share; 440,301,256,704 networks. The published A6 is the seed architecture.
//!
//! Source: Wang et al., "AttentiveNAS: Improving Neural Architecture Search via Attentive Sampling" (CVPR 2021),
//! Table 1, and the configuration in its published code; AlphaNet searches the same space. Every block has a
//! shortcut: the mean over 2x2 where the resolution halves, and a 1x1 convolution without normalisation where the
//! width changes.
//!
//! Uncertain: the paper may count otherwise; this is the product of the options in the published configuration. Its
//! code keeps the centres of kernels and the leading channels of widths, as here.

import "std/mobilenet" { mbconv }

/// What joins where the residual of an inverted residual cannot: a change of width or resolution.
block shortcut(x, out: int, stride: int) {
    let y = if stride > 1 { x -> avg_pool(stride, stride: stride, pad: 0) } else { x }
    if y.channels == out { y } else { y -> conv(out) }
}

/// Inverted residuals of one width, kernel and expansion, of which the first `depth` exist. `seed` has the width,
/// depth, kernel and expansion of A6; an expansion without alternatives is a decision with one option.
block stage(
    x,
    widths: [int],
    depths: [int],
    expands: [int],
    seed: [int],
    stride: int = 1,
    squeeze: bool = false,
) {
    let [w, d, k, e] = seed
    let width = choose width in widths default w
    let depth = choose depth in depths default d
    let kernel = choose kernel in {3, 5} default k
    let expand = choose expand in expands default e
    for i in 0..depth {
        let hidden = x.channels * expand
        let s = if i == 0 { stride } else { 1 }
        let y = x -> mbconv(
            width,
            kernel: kernel,
            expand: expand,
            stride: s,
            activation: swish,
            se_reduce: if squeeze { round_to(div(hidden, 4), 8) } else { 0 },
        )
        x = if s == 1 and x.channels == width { y } else { y + (x -> shortcut(width, stride: s)) }
    }
    x
}

space attentivenas(classes: int = 1000) {
    let resolution = choose resolution in {192, 224, 256, 288} default 288
    input image: [3, resolution, resolution]

    let width = choose width in {16, 24} default 16
    let stem = image -> conv(width, kernel: 3, stride: 2) -> bn -> swish
    let mb1 = stem -> stage([16, 24], [1, 2], [1], seed: [16, 1, 3, 1])
    let mb2 = mb1 -> stage([24, 32], [3, 4, 5], [4, 5, 6], seed: [24, 3, 3, 4], stride: 2)
    let mb3 = mb2 -> stage(
        [32, 40],
        [3, 4, 5, 6],
        [4, 5, 6],
        seed: [32, 3, 3, 6],
        stride: 2,
        squeeze: true,
    )
    let mb4 = mb3 -> stage([64, 72], [3, 4, 5, 6], [4, 5, 6], seed: [64, 4, 3, 5], stride: 2)
    let mb5 = mb4 -> stage(
        [112, 120, 128],
        [3, 4, 5, 6, 7, 8],
        [4, 5, 6],
        seed: [112, 4, 3, 4],
        squeeze: true,
    )
    let mb6 = mb5 -> stage(
        [192, 200, 208, 216],
        [3, 4, 5, 6, 7, 8],
        [6],
        seed: [216, 6, 5, 6],
        stride: 2,
        squeeze: true,
    )
    let mb7 = mb6 -> stage([216, 224], [1, 2], [6], seed: [224, 1, 3, 6], squeeze: true)
    let wide = mb7 -> conv(6 * mb7.channels) -> bn -> swish
    let features = choose features in {1792, 1984} default 1984

    output logits = wide -> global_pool -> linear(features, bias: false) -> swish -> linear(classes)
}
