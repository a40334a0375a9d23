//! MobileNetV2, width 1.0, images of 224x224: 300,774,272 MACs, 3,504,872 parameters.
//!
//! Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018), as torchvision's
//! `mobilenet_v2` builds it. Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/mobilenet" { stage }

network mobilenet_v2(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let stage1 = stem -> stage(16, layers: 1, expand: 1)
    let stage2 = stage1 -> stage(24, layers: 2, stride: 2)
    let stage3 = stage2 -> stage(32, layers: 3, stride: 2)
    let stage4 = stage3 -> stage(64, layers: 4, stride: 2)
    let stage5 = stage4 -> stage(96, layers: 3)
    let stage6 = stage5 -> stage(160, layers: 3, stride: 2)
    let stage7 = stage6 -> stage(320, layers: 1)

    output logits = stage7 -> classifier(classes, features: 1280, drop: 0.2)
}
