//! FP-NAS on the macro-architecture of FBNetV2-F: in each of eighteen inverted residuals a kernel, an activation, a
//! squeeze-and-excite or none, an expansion and a width, all decided alone; 16 * 192^6 * 392^3 * 384^4 * 672^4
//! networks, about 2.1 * 10^44.
//!
//! Source: Yan et al., "FP-NAS: Fast Probabilistic Neural Architecture Search" (CVPR 2021), §4.1, and Wan et al.,
//! "FBNetV2: Differentiable Neural Architecture Search for Spatial and Channel Dimensions" (CVPR 2020), Table 1. No
//! code of FP-NAS is public. Widths are rounded as in the published FBNetV2 networks.
//!
//! Uncertain: the ranges of the expansions and the numbers of blocks. The published networks have expansions that are
//! not in these ranges, and other numbers of blocks. FP-NAS decides once for a whole stage in its smaller space. The
//! candidate that leaves a layer out is not written here, nor is the searched resolution of FBNetV2.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// One layer; an expansion without alternatives is a decision with one option.
block layer(x, widths: [int], expansions: [float], stride: int = 1) {
    let kernel = choose kernel in {3, 5}
    let activation = choose activation { relu: relu, hswish: hswish }
    let squeeze = choose squeeze in {false, true}
    let expand = choose expand in expansions
    let width = choose width in widths
    let hidden = round_to(x.channels * expand, 8, guard: 0.95)
    x -> mbconv(
        width,
        kernel: kernel,
        expand: if expand == 1.0 { 1 } else { 2 }, // whether there is an expansion; its width is given
        hidden: hidden,
        stride: stride,
        activation: activation,
        se_reduce: if squeeze { round_to(div(hidden, 4), 8, guard: 0.95) } else { 0 },
    )
}

/// `layers` layers, of which the first has the stride.
block stage(x, widths: [int], expansions: [float], layers: int, stride: int) {
    for i in 0..layers {
        x = x -> layer(widths, expansions, stride: if i == 0 { stride } else { 1 })
    }
    x
}

space fpnas_fbnetv2_f(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> hswish
    let s1 = stem -> stage(12..=16 step 4, [1.0], layers: 1, stride: 1)
    let s2 = s1 -> stage(16..=28 step 4, 0.75..=3.25 step 0.5, layers: 3, stride: 2)
    let s3 = s2 -> stage(16..=40 step 8, 0.75..=3.25 step 0.5, layers: 3, stride: 2)
    let s4 = s3 -> stage(48..=96 step 8, 0.75..=3.75 step 0.5, layers: 3, stride: 2)
    let s5 = s4 -> stage(72..=128 step 8, 0.75..=4.5 step 0.75, layers: 4, stride: 1)
    let s6 = s5 -> stage(112..=216 step 8, 0.75..=4.5 step 0.75, layers: 4, stride: 2)

    output logits = s6 -> classifier(classes, features: 1984, activation: hswish)
}
