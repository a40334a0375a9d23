//! MobileNetV3-Small, width 1.0, images of 224x224: 56,510,400 MACs (those of squeeze-and-excite counted), 2,542,856
//! parameters.
//!
//! Source: Howard et al., "Searching for MobileNetV3" (ICCV 2019), as torchvision's `mobilenet_v3_small` builds it:
//! squeeze-and-excite down to a quarter of the hidden width in multiples of 8, eps 0.001 and momentum 0.01 in every
//! normalisation. Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/mobilenet" { stage_v3 }

network mobilenet_v3_small(classes: int = 1000, size: int = 224) {
    defaults bn { eps: 0.001, momentum: 0.01 }

    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> hswish
    let stage1 = stem -> stage_v3(16, hidden: [16], stride: 2, squeeze: true, activation: relu)
    let stage2 = stage1 -> stage_v3(24, hidden: [72, 88], stride: 2, activation: relu)
    let stage3 = stage2 -> stage_v3(40, hidden: [96, 240, 240], kernel: 5, stride: 2, squeeze: true)
    let stage4 = stage3 -> stage_v3(48, hidden: [120, 144], kernel: 5, squeeze: true)
    let stage5 = stage4 -> stage_v3(
        96,
        hidden: [288, 576, 576],
        kernel: 5,
        stride: 2,
        squeeze: true,
    )

    output logits = stage5 -> classifier(
        classes,
        features: 576,
        hidden: 1024,
        drop: 0.2,
        activation: hswish,
    )
}
