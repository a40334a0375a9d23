//! ResNet-18, images of 224x224: 1,814,073,344 MACs, 11,689,512 parameters.
//!
//! Source: He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), as torchvision's `resnet18` builds
//! it. Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/resnet" { basic, entry }

/// `layers` layers that end in `out` channels, the first with the stride of the stage.
block stage(x, out: int, layers: int, stride: int) {
    for i in 0..layers { x = x -> basic(out, stride: if i == 0 { stride } else { 1 }) }
    x
}

network resnet18(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> entry
    let stage1 = stem -> stage(64, layers: 2, stride: 1)
    let stage2 = stage1 -> stage(128, layers: 2, stride: 2)
    let stage3 = stage2 -> stage(256, layers: 2, stride: 2)
    let stage4 = stage3 -> stage(512, layers: 2, stride: 2)

    output logits = stage4 -> classifier(classes)
}
