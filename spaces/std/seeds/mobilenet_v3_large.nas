//! MobileNetV3-Large, width 1.0, images of 224x224: 216,589,760 MACs (those of squeeze-and-excite counted), 5,483,032
//! parameters.
//!
//! Source: Howard et al., "Searching for MobileNetV3" (ICCV 2019), as torchvision's `mobilenet_v3_large` builds it:
//! squeeze-and-excite down to a quarter of the hidden width in multiples of 8, eps 0.001 and momentum 0.01 in every
//! normalisation. Parameters have the order and the names of its state dict.

import "std/torchvision" { stage_v3 }

network mobilenet_v3_large(classes: int = 1000, size: int = 224) {
    defaults bn { eps: 0.001, momentum: 0.01 }

    input image: [3, size, size]

    let stem = image
        -> conv(16, kernel: 3, stride: 2) @key(torchvision: "features.0.0")
        -> bn @key(torchvision: "features.0.1")
        -> hswish
    let stage1 = stem -> stage_v3(16, first: 1, hidden: [16], activation: relu)
    let stage2 = stage1 -> stage_v3(24, first: 2, hidden: [64, 72], stride: 2, activation: relu)
    let stage3 = stage2 -> stage_v3(
        40,
        first: 4,
        hidden: [72, 120, 120],
        kernel: 5,
        stride: 2,
        squeeze: true,
        activation: relu,
    )
    let stage4 = stage3 -> stage_v3(80, first: 7, hidden: [240, 200, 184, 184], stride: 2)
    let stage5 = stage4 -> stage_v3(112, first: 11, hidden: [480, 672], squeeze: true)
    let stage6 = stage5 -> stage_v3(
        160,
        first: 13,
        hidden: [672, 960, 960],
        kernel: 5,
        stride: 2,
        squeeze: true,
    )

    output logits = stage6
        -> conv(960) @key(torchvision: "features.16.0")
        -> bn @key(torchvision: "features.16.1")
        -> hswish
        -> global_pool
        -> linear(1280) as hidden @key(torchvision: "classifier.0")
        -> hswish
        -> dropout(0.2)
        -> linear(classes) @key(torchvision: "classifier.3")
}
