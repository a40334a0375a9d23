//! ResNet-50, images of 224x224: 4,089,184,256 MACs, 25,557,032 parameters.
//!
//! Source: He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), as torchvision's `resnet50` builds
//! it: the stride of a bottleneck is that of its 3x3. Parameters stand in the order of its state dict.

import "std/head" { classifier }
import "std/resnet" { bottleneck, entry }

/// `layers` layers that end in `out` channels, the first with the stride of the stage.
block stage(x, out: int, layers: int, stride: int) {
    for i in 0..layers { x = x -> bottleneck(out, stride: if i == 0 { stride } else { 1 }) }
    x
}

network resnet50(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> entry
    let stage1 = stem -> stage(256, layers: 3, stride: 1)
    let stage2 = stage1 -> stage(512, layers: 4, stride: 2)
    let stage3 = stage2 -> stage(1024, layers: 6, stride: 2)
    let stage4 = stage3 -> stage(2048, layers: 3, stride: 2)

    output logits = stage4 -> classifier(classes)
}
