//! MobileNetV3-Large, width 1.0, images of 224x224: 216,589,760 MACs (those of squeeze-and-excite counted), 5,483,032
//! parameters.
//!
//! Source: Howard et al., "Searching for MobileNetV3" (ICCV 2019), as torchvision's `mobilenet_v3_large` builds it:
//! squeeze-and-excite down to a quarter of the hidden width in multiples of 8, eps 0.001 and momentum 0.01 in every
//! normalisation. Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/mobilenet" { stage_v3 }

network mobilenet_v3_large(classes: int = 1000, size: int = 224) {
    defaults bn { eps: 0.001, momentum: 0.01 }

    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> hswish
    let stage1 = stem -> stage_v3(16, hidden: [16], activation: relu)
    let stage2 = stage1 -> stage_v3(24, hidden: [64, 72], stride: 2, activation: relu)
    let stage3 = stage2 -> stage_v3(
        40,
        hidden: [72, 120, 120],
        kernel: 5,
        stride: 2,
        squeeze: true,
        activation: relu,
    )
    let stage4 = stage3 -> stage_v3(80, hidden: [240, 200, 184, 184], stride: 2)
    let stage5 = stage4 -> stage_v3(112, hidden: [480, 672], squeeze: true)
    let stage6 = stage5 -> stage_v3(
        160,
        hidden: [672, 960, 960],
        kernel: 5,
        stride: 2,
        squeeze: true,
    )

    output logits = stage6 -> classifier(
        classes,
        features: 960,
        hidden: 1280,
        drop: 0.2,
        activation: hswish,
    )
}
