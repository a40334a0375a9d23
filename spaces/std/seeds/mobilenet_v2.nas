//! MobileNetV2, width 1.0, images of 224x224: 300,774,272 MACs, 3,504,872 parameters.
//!
//! Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018), as torchvision's
//! `mobilenet_v2` builds it. Parameters have the order and the names of its state dict.

import "std/torchvision" { mbconv }

/// `layers` inverted residuals that end in `out` channels, the features number `first` and on.
block stage(x, out: int, first: int, layers: int, expand: int = 6, stride: int = 1) {
    for i in 0..layers {
        let name = "features.{first + i}.conv"
        let n = if expand == 1 { 0 } else { 1 }
        x = x -> mbconv(
            out,
            hidden: x.channels * expand,
            stride: if i == 0 { stride } else { 1 },
            names: [
                "{name}.0.0",
                "{name}.0.1",
                "{name}.{n}.0",
                "{name}.{n}.1",
                "{name}.{n + 1}",
                "{name}.{n + 2}",
            ],
        )
    }
    x
}

network mobilenet_v2(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image
        -> conv(32, kernel: 3, stride: 2) @key(torchvision: "features.0.0")
        -> bn @key(torchvision: "features.0.1")
        -> relu6
    let stage1 = stem -> stage(16, first: 1, layers: 1, expand: 1)
    let stage2 = stage1 -> stage(24, first: 2, layers: 2, stride: 2)
    let stage3 = stage2 -> stage(32, first: 4, layers: 3, stride: 2)
    let stage4 = stage3 -> stage(64, first: 7, layers: 4, stride: 2)
    let stage5 = stage4 -> stage(96, first: 11, layers: 3)
    let stage6 = stage5 -> stage(160, first: 14, layers: 3, stride: 2)
    let stage7 = stage6 -> stage(320, first: 17, layers: 1)

    output logits = stage7
        -> conv(1280) @key(torchvision: "features.18.0")
        -> bn @key(torchvision: "features.18.1")
        -> relu6
        -> global_pool
        -> dropout(0.2)
        -> linear(classes) @key(torchvision: "classifier.1")
}
