//! The networks that FBNetV2 found: F0 to F4, L1 and L2, each at its own resolution (`--set model=L1`).
//!
//! Source: Wan et al., "FBNetV2: Differentiable Neural Architecture Search for Spatial and Channel Dimensions" (CVPR
//! 2020), and its published code. F1, F2 and F3 are one network at three resolutions, the last with a wider end; L1
//! and L2 are one network at two.
//!
//! The published counts of operations (F1 56.4 M, F2 85.4 M, F3 121.8 M, F4 238.4 M, L1 326.0 M, L2 423.9 M) add the
//! number of values that every mean over positions reads to the multiply-adds; F0 is counted there, not published.

import "std/fbnet" { ir_pool, irf, skip }

/// F0.
block small(x) {
    x
        -> conv(8, kernel: 3, stride: 2, bias: true) as stem
        -> bn
        -> hswish
        -> irf(8, kernel: 5, expand: 1, activation: hswish)
        -> irf(16, kernel: 5, stride: 2, expand: 4, activation: hswish)
        -> irf(16, kernel: 5, expand: 3, activation: hswish)
        -> irf(24, kernel: 5, stride: 2, expand: 4, squeeze: true)
        -> irf(24, kernel: 5, expand: 3, squeeze: true)
        -> irf(48, kernel: 5, stride: 2, expand: 4, activation: hswish, squeeze: true)
        -> irf(48, kernel: 3, expand: 3, activation: hswish, squeeze: true)
        -> irf(64, kernel: 5, expand: 3, activation: hswish, squeeze: true)
        -> irf(64, kernel: 5, expand: 2, activation: hswish, squeeze: true)
        -> irf(128, kernel: 3, stride: 2, expand: 3, activation: hswish, squeeze: true)
        -> irf(160, kernel: 5, expand: 3, activation: hswish, squeeze: true)
        -> skip(192)
        -> ir_pool(1280, expand: 4)
}

/// F1, F2 and F3.
block medium(x, features: int) {
    x
        -> conv(8, kernel: 3, stride: 2, bias: true) as stem
        -> bn
        -> hswish
        -> irf(8, kernel: 5, expand: 1)
        -> irf(24, kernel: 5, stride: 2, expand: 5.4566)
        -> irf(24, kernel: 5, expand: 4.7912)
        -> irf(32, kernel: 5, stride: 2, expand: 5.3501, squeeze: true)
        -> irf(24, kernel: 5, expand: 4.5379, squeeze: true)
        -> irf(56, kernel: 5, stride: 2, expand: 5.7133, activation: hswish)
        -> irf(56, kernel: 3, expand: 4.1212, activation: hswish)
        -> irf(56, kernel: 3, expand: 5.1246, activation: hswish, squeeze: true)
        -> skip(80)
        -> irf(80, kernel: 5, expand: 4.5070, activation: hswish, squeeze: true)
        -> irf(80, kernel: 5, expand: 1.7712, activation: hswish, squeeze: true)
        -> irf(144, kernel: 3, stride: 2, expand: 4.5685, activation: hswish, squeeze: true)
        -> irf(144, kernel: 5, expand: 5.84, activation: hswish, squeeze: true)
        -> irf(144, kernel: 5, expand: 6.8754, activation: hswish, squeeze: true)
        -> skip(224)
        -> ir_pool(features)
}

/// F4.
block large(x) {
    x
        -> conv(16, kernel: 3, stride: 2, bias: true) as stem
        -> bn
        -> hswish
        -> irf(16, kernel: 3, expand: 1, activation: hswish)
        -> irf(24, kernel: 5, stride: 2, expand: 5.4566, activation: hswish)
        -> irf(24, kernel: 5, expand: 1.7912, activation: hswish)
        -> irf(24, kernel: 5, expand: 1.7912, activation: hswish)
        -> irf(32, kernel: 5, stride: 2, expand: 5.3501, squeeze: true)
        -> irf(32, kernel: 5, expand: 3.5379, squeeze: true)
        -> irf(32, kernel: 5, expand: 4.5379, squeeze: true)
        -> irf(32, kernel: 5, expand: 4.5379, squeeze: true)
        -> irf(64, kernel: 5, stride: 2, expand: 5.7133, activation: hswish)
        -> irf(64, kernel: 3, expand: 2.1212, activation: hswish)
        -> irf(104, kernel: 3, expand: 5.0333, activation: hswish)
        -> irf(104, kernel: 5, expand: 2.5070, activation: hswish, squeeze: true)
        -> irf(104, kernel: 5, expand: 1.7712, activation: hswish, squeeze: true)
        -> irf(112, kernel: 5, expand: 3.7712, activation: hswish, squeeze: true)
        -> irf(184, kernel: 3, stride: 2, expand: 5.5685, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 2.84, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 4.8754, activation: hswish, squeeze: true)
        -> skip(224)
        -> ir_pool(1984)
}

/// L1 and L2.
block larger(x) {
    x
        -> conv(16, kernel: 3, stride: 2, bias: true) as stem
        -> bn
        -> hswish
        -> irf(16, kernel: 3, expand: 1, activation: hswish)
        -> irf(24, kernel: 5, stride: 2, expand: 5.4566, activation: hswish)
        -> irf(24, kernel: 5, expand: 1.7912, activation: hswish)
        -> irf(24, kernel: 3, expand: 1.7912, activation: hswish)
        -> irf(24, kernel: 5, expand: 1.7912, activation: hswish)
        -> irf(40, kernel: 5, stride: 2, expand: 5.3501, activation: hswish, squeeze: true)
        -> irf(32, kernel: 5, expand: 3.5379, activation: hswish, squeeze: true)
        -> irf(32, kernel: 5, expand: 4.5379, activation: hswish, squeeze: true)
        -> irf(32, kernel: 5, expand: 4.5379, activation: hswish, squeeze: true)
        -> irf(64, kernel: 5, stride: 2, expand: 5.7133, activation: hswish)
        -> irf(64, kernel: 3, expand: 2.1212, activation: hswish)
        -> irf(64, kernel: 3, expand: 3.1246, activation: hswish)
        -> irf(112, kernel: 3, expand: 5.0333, activation: hswish)
        -> irf(112, kernel: 5, expand: 2.5070, activation: hswish, squeeze: true)
        -> irf(112, kernel: 5, expand: 1.7712, activation: hswish, squeeze: true)
        -> irf(112, kernel: 5, expand: 2.7712, activation: hswish, squeeze: true)
        -> irf(112, kernel: 5, expand: 3.7712, activation: hswish, squeeze: true)
        -> irf(112, kernel: 5, expand: 3.7712, activation: hswish, squeeze: true)
        -> irf(184, kernel: 3, stride: 2, expand: 5.5685, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 2.84, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 2.84, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 4.8754, activation: hswish, squeeze: true)
        -> irf(184, kernel: 5, expand: 4.8754, activation: hswish, squeeze: true)
        -> skip(224)
        -> ir_pool(1984)
}

network fbnetv2(model: str = "F4", classes: int = 1000) {
    let size = match model {
        "F1": 128
        "F2": 160
        "F3": 192
        "L2": 256
        _: 224
    }
    input image: [3, size, size]

    let features = match model {
        "F0": image -> small
        "F1": image -> medium(1600)
        "F2": image -> medium(1600)
        "F3": image -> medium(1984)
        "F4": image -> large
        "L1": image -> larger
        "L2": image -> larger
    }

    // The last block gives single values already; the published counts see this mean too.
    output logits = features -> global_pool -> conv(classes, bias: true) as classifier -> flatten
}
