//! The network A of FBNetV3 at 224x224, and B, the same at 248x248 (`--set size=248`).
//!
//! Source: Dai et al., "FBNetV3: Joint Architecture-Recipe Search using Predictor Pretraining" (CVPR 2021), and its
//! published code, where some depthwise convolutions of stride 2 have less padding than others. That code counts
//! 356,598,280 operations for A, the values that every mean over positions reads among them.

import "std/fbnet" { ir_pool, irf }

/// A layer of this network.
block layer(
    x,
    out: int,
    kernel: int = 3,
    stride: int = 1,
    expand: int = 6,
    squeeze: bool = false,
    pad: int = div(kernel, 2),
) {
    x -> irf(
        out,
        kernel: kernel,
        stride: stride,
        expand: expand,
        activation: hswish,
        squeeze: squeeze,
        lean: true,
        pad: pad,
    )
}

network fbnetv3(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2, bias: true) -> bn -> hswish
    let features = stem
        -> layer(16, expand: 1)
        -> layer(16, expand: 1)
        -> layer(24, kernel: 5, stride: 2, expand: 4)
        -> layer(24, kernel: 5, expand: 2)
        -> layer(24, kernel: 5, expand: 2)
        -> layer(24, kernel: 5, expand: 2)
        -> layer(40, kernel: 5, stride: 2, expand: 5, squeeze: true)
        -> layer(40, kernel: 5, expand: 3, squeeze: true)
        -> layer(40, kernel: 5, expand: 3, squeeze: true)
        -> layer(40, kernel: 5, expand: 3, squeeze: true)
        -> layer(40, kernel: 5, expand: 3, squeeze: true)
        -> layer(72, kernel: 5, stride: 2, expand: 5, pad: 1)
        -> layer(72, expand: 3)
        -> layer(72, expand: 3)
        -> layer(72, expand: 3)
        -> layer(72, expand: 3)
        -> layer(120, expand: 5, squeeze: true)
        -> layer(120, kernel: 5, expand: 3, squeeze: true)
        -> layer(120, kernel: 5, expand: 3, squeeze: true)
        -> layer(120, kernel: 5, expand: 3, squeeze: true)
        -> layer(120, kernel: 5, expand: 3, squeeze: true)
        -> layer(120, kernel: 5, expand: 3, squeeze: true)
        -> layer(184, stride: 2, squeeze: true, pad: 0)
        -> layer(184, kernel: 5, expand: 4, squeeze: true)
        -> layer(184, kernel: 5, expand: 4, squeeze: true)
        -> layer(184, kernel: 5, expand: 4, squeeze: true)
        -> layer(184, kernel: 5, expand: 4, squeeze: true)
        -> layer(184, kernel: 5, expand: 4, squeeze: true)
        -> layer(224, kernel: 5, squeeze: true)
        -> ir_pool(1984)

    // The last block gives single values already; the published counts see this mean too.
    output logits = features -> global_pool -> conv(classes, bias: true) as classifier -> flatten
}
