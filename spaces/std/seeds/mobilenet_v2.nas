//! MobileNetV2, width 1.0, images of 224x224: 300,774,272 MACs, 3,504,872 parameters.
//!
//! Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018), as torchvision's
//! `mobilenet_v2` builds it. Parameters have the order and the names of its state dict, and the names of the seed
//! that FNA publishes (Fang et al., ICLR 2020) in the scheme `fna`.

/// An inverted residual; a hidden width of `x.channels` has no expansion. `name` is that of its layers in torchvision,
/// `fna` that of its sequence of operations in FNA, where an activation is one of them.
block mbconv(x, out: int, hidden: int, stride: int, name: str, fna: str) {
    let n = if hidden == x.channels { 0 } else { 1 }
    let y = x
    if n == 1 {
        y = y
            -> conv(hidden) as expand @key(torchvision: "{name}.0.0", fna: "{fna}.0")
            -> bn @key(torchvision: "{name}.0.1", fna: "{fna}.1")
            -> relu6
    }
    y = y
        -> dwconv(3, stride: stride) as depthwise @key(
            torchvision: "{name}.{n}.0",
            fna: "{fna}.{3 * n}",
        )
        -> bn @key(torchvision: "{name}.{n}.1", fna: "{fna}.{3 * n + 1}")
        -> relu6
    y = y
        -> conv(out) as project @key(torchvision: "{name}.{n + 1}", fna: "{fna}.{3 * n + 3}")
        -> bn @key(torchvision: "{name}.{n + 2}", fna: "{fna}.{3 * n + 4}")
    if stride == 1 and x.channels == out { x + y } else { y }
}

/// `layers` inverted residuals that end in `out` channels: torchvision's features number `first` and on, FNA's block
/// `number`.
block stage(x, out: int, number: int, first: int, layers: int, expand: int = 6, stride: int = 1) {
    for i in 0..layers {
        x = x -> mbconv(
            out,
            hidden: x.channels * expand,
            stride: if i == 0 { stride } else { 1 },
            name: "features.{first + i}.conv",
            fna: "blocks.{number}.layers.{i}.op",
        )
    }
    x
}

network mobilenet_v2(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image
        -> conv(32, kernel: 3, stride: 2) @key(torchvision: "features.0.0", fna: "blocks.0.0")
        -> bn @key(torchvision: "features.0.1", fna: "blocks.0.1")
        -> relu6
    let stage1 = stem -> stage(16, number: 1, first: 1, layers: 1, expand: 1)
    let stage2 = stage1 -> stage(24, number: 2, first: 2, layers: 2, stride: 2)
    let stage3 = stage2 -> stage(32, number: 3, first: 4, layers: 3, stride: 2)
    let stage4 = stage3 -> stage(64, number: 4, first: 7, layers: 4, stride: 2)
    let stage5 = stage4 -> stage(96, number: 5, first: 11, layers: 3)
    let stage6 = stage5 -> stage(160, number: 6, first: 14, layers: 3, stride: 2)
    let stage7 = stage6 -> stage(320, number: 7, first: 17, layers: 1)

    output logits = stage7
        -> conv(1280) @key(torchvision: "features.18.0", fna: "blocks.8.conv.0")
        -> bn @key(torchvision: "features.18.1", fna: "blocks.8.conv.1")
        -> relu6
        -> global_pool
        -> dropout(0.2)
        -> linear(classes) @key(torchvision: "classifier.1", fna: "classifier")
}
