//! MobileNetV3-Small, width 1.0, images of 224x224: 56,510,400 MACs (those of squeeze-and-excite counted), 2,542,856
//! parameters.
//!
//! Source: Howard et al., "Searching for MobileNetV3" (ICCV 2019), as torchvision's `mobilenet_v3_small` builds it:
//! squeeze-and-excite down to a quarter of the hidden width in multiples of 8, eps 0.001 and momentum 0.01 in every
//! normalisation. Parameters have the order and the names of its state dict.

import "std/torchvision" { stage_v3 }

network mobilenet_v3_small(classes: int = 1000, size: int = 224) {
    defaults bn { eps: 0.001, momentum: 0.01 }

    input image: [3, size, size]

    let stem = image
        -> conv(16, kernel: 3, stride: 2) @key(torchvision: "features.0.0")
        -> bn @key(torchvision: "features.0.1")
        -> hswish
    let stage1 = stem -> stage_v3(
        16,
        first: 1,
        hidden: [16],
        stride: 2,
        squeeze: true,
        activation: relu,
    )
    let stage2 = stage1 -> stage_v3(24, first: 2, hidden: [72, 88], stride: 2, activation: relu)
    let stage3 = stage2 -> stage_v3(
        40,
        first: 4,
        hidden: [96, 240, 240],
        kernel: 5,
        stride: 2,
        squeeze: true,
    )
    let stage4 = stage3 -> stage_v3(48, first: 7, hidden: [120, 144], kernel: 5, squeeze: true)
    let stage5 = stage4 -> stage_v3(
        96,
        first: 9,
        hidden: [288, 576, 576],
        kernel: 5,
        stride: 2,
        squeeze: true,
    )

    output logits = stage5
        -> conv(576) @key(torchvision: "features.12.0")
        -> bn @key(torchvision: "features.12.1")
        -> hswish
        -> global_pool
        -> linear(1024) as hidden @key(torchvision: "classifier.0")
        -> hswish
        -> dropout(0.2)
        -> linear(classes) @key(torchvision: "classifier.3")
}
