//! MnasNet-B1, depth multiplier 1.0, images of 224x224: 314,415,872 MACs, 4,383,312 parameters.
//!
//! Source: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile" (CVPR 2019), as torchvision's
//! `mnasnet1_0` builds it: no squeeze-and-excite, ReLU throughout, and the momentum of a normalisation 1 - 0.9997.
//! Parameters have the order and the names of its state dict.

import "std/torchvision" { mbconv }

/// `layers` inverted residuals that end in `out` channels; their names begin with `name` and their number.
block stage(
    x,
    out: int,
    name: str,
    layers: int,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
) {
    for i in 0..layers {
        let layer = "{name}.{i}.layers"
        x = x -> mbconv(
            out,
            hidden: x.channels * expand,
            kernel: kernel,
            stride: if i == 0 { stride } else { 1 },
            activation: relu,
            names: for n in [0, 1, 3, 4, 6, 7] { "{layer}.{n}" },
        )
    }
    x
}

/// The first layer has no expansion, and stands in the network's own list.
block separable(x, out: int) {
    for i in 0..1 {
        x = x -> mbconv(
            out,
            hidden: x.channels,
            activation: relu,
            names: for n in [0, 1, 3, 4, 6, 7] { "layers.{n}" },
        )
    }
    x
}

network mnasnet1_0(classes: int = 1000, size: int = 224) {
    defaults bn { momentum: 1 - 0.9997 }

    input image: [3, size, size]

    let stem = image
        -> conv(32, kernel: 3, stride: 2) @key(torchvision: "layers.0")
        -> bn @key(torchvision: "layers.1")
        -> relu
    let stage1 = stem -> separable(16)
    let stage2 = stage1 -> stage(24, "layers.8", layers: 3, expand: 3, stride: 2)
    let stage3 = stage2 -> stage(40, "layers.9", layers: 3, kernel: 5, expand: 3, stride: 2)
    let stage4 = stage3 -> stage(80, "layers.10", layers: 3, kernel: 5, stride: 2)
    let stage5 = stage4 -> stage(96, "layers.11", layers: 2)
    let stage6 = stage5 -> stage(192, "layers.12", layers: 4, kernel: 5, stride: 2)
    let stage7 = stage6 -> stage(320, "layers.13", layers: 1)

    output logits = stage7
        -> conv(1280) @key(torchvision: "layers.14")
        -> bn @key(torchvision: "layers.15")
        -> relu
        -> global_pool
        -> dropout(0.2)
        -> linear(classes) @key(torchvision: "classifier.1")
}
