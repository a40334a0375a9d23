//! FP-NAS on FBNetV2-F++: as on FBNetV2-F, with split attention in the place of squeeze-and-excite, the number of splits
//! a decision of each layer, wider ranges of channels and more layers; 48 * 504^8 * 1092^4 * 1152^5 * 1944^5 networks.
//!
//! Source: Yan et al., "FP-NAS: Fast Probabilistic Neural Architecture Search" (CVPR 2021), §4.3, of which the abstract
//! tells that there are such a space and these differences; Zhang et al., "ResNeSt: Split-Attention Networks" for the
//! attention, which stands behind as many depthwise convolutions as there are splits. No code of FP-NAS is public.
//!
//! Uncertain: the numbers of splits {1, 2, 4}, of which 1 is squeeze-and-excite with a sigmoid, are from memory. How
//! much wider the ranges are and how many layers more has no source: here the ranges end half as high again and every
//! stage has a layer more, the first excepted. Splits own their weights; every other decision shares them.

import "std/attention" { attend }
import "std/head" { classifier }

/// `radix` depthwise convolutions and the attention that joins them.
block split_depthwise(x, kernel: int, stride: int, radix: int, activation: block) {
    let chunks = for i in 0..radix as chunk {
        x -> dwconv(kernel, stride: stride) -> bn -> activation
    }
    chunks -> attend(max(div(x.channels * radix, 4), 32), activation: activation)
}

/// One layer; an expansion without alternatives is a decision with one option.
block layer(x, widths: [int], expansions: [float], stride: int = 1) {
    let kernel = choose kernel in {3, 5}
    let activation = choose activation { relu: relu, hswish: hswish }
    let expand = choose expand in expansions
    let width = choose width in widths
    let hidden = round_to(x.channels * expand, 8, guard: 0.95)
    let y = x
    if expand != 1.0 { y = y -> conv(hidden) as expand -> bn -> activation }
    y = y -> choose splits {
        for radix in [1, 2, 4] {
            "r{radix}": split_depthwise(kernel, stride, radix, activation)
        }
    }
    y = y -> conv(width) as project -> bn
    if stride == 1 and x.channels == width { x + y } else { y }
}

/// `layers` layers, of which the first has the stride.
block stage(x, widths: [int], expansions: [float], layers: int, stride: int) {
    for i in 0..layers {
        x = x -> layer(widths, expansions, stride: if i == 0 { stride } else { 1 })
    }
    x
}

space fpnas_f_plus(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> hswish
    let s1 = stem -> stage(12..=24 step 4, [1.0], layers: 1, stride: 1)
    let s2 = s1 -> stage(16..=40 step 4, 0.75..=3.25 step 0.5, layers: 4, stride: 2)
    let s3 = s2 -> stage(16..=64 step 8, 0.75..=3.25 step 0.5, layers: 4, stride: 2)
    let s4 = s3 -> stage(48..=144 step 8, 0.75..=3.75 step 0.5, layers: 4, stride: 2)
    let s5 = s4 -> stage(72..=192 step 8, 0.75..=4.5 step 0.75, layers: 5, stride: 1)
    let s6 = s5 -> stage(112..=320 step 8, 0.75..=4.5 step 0.75, layers: 5, stride: 2)

    output logits = s6 -> classifier(classes, features: 1984, activation: hswish)
}
