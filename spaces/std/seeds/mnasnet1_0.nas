//! MnasNet-B1, depth multiplier 1.0, images of 224x224: 314,415,872 MACs, 4,383,312 parameters.
//!
//! Source: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile" (CVPR 2019), as torchvision's
//! `mnasnet1_0` builds it: no squeeze-and-excite, ReLU throughout, and the momentum of a normalisation 1 - 0.9997.
//! Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/mobilenet" { stage }

network mnasnet1_0(classes: int = 1000, size: int = 224) {
    defaults bn { momentum: 1 - 0.9997 }

    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu
    let stage1 = stem -> stage(16, layers: 1, expand: 1, activation: relu)
    let stage2 = stage1 -> stage(24, layers: 3, expand: 3, stride: 2, activation: relu)
    let stage3 = stage2 -> stage(40, layers: 3, kernel: 5, expand: 3, stride: 2, activation: relu)
    let stage4 = stage3 -> stage(80, layers: 3, kernel: 5, stride: 2, activation: relu)
    let stage5 = stage4 -> stage(96, layers: 2, activation: relu)
    let stage6 = stage5 -> stage(192, layers: 4, kernel: 5, stride: 2, activation: relu)
    let stage7 = stage6 -> stage(320, layers: 1, activation: relu)

    output logits = stage7 -> classifier(classes, features: 1280, drop: 0.2, activation: relu)
}
