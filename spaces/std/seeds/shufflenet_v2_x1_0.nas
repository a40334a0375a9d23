//! ShuffleNetV2 x1.0, images of 224x224: 144,907,992 MACs, 2,278,604 parameters.
//!
//! Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design" (ECCV 2018), as
//! torchvision's `shufflenet_v2_x1_0` builds it: the shuffle stands at the end of a unit. Parameters stand in the order
//! of its state dict.

import "std/head" { classifier }
import "std/shufflenet" { plain }

/// `layers` units of `out` channels; the first halves the resolution.
block stage(x, out: int, layers: int) {
    for i in 0..layers { x = x -> plain(out, stride: if i == 0 { 2 } else { 1 }) }
    x
}

network shufflenet_v2_x1_0(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(24, kernel: 3, stride: 2) -> bn -> relu -> max_pool(3, stride: 2)
    let stage1 = stem -> stage(116, layers: 4)
    let stage2 = stage1 -> stage(232, layers: 8)
    let stage3 = stage2 -> stage(464, layers: 4)

    output logits = stage3 -> classifier(classes, features: 1024, activation: relu)
}
