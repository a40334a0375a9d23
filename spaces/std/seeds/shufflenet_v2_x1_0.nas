//! ShuffleNetV2 x1.0, images of 224x224: 144,907,992 MACs, 2,278,604 parameters.
//!
//! Source: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design" (ECCV 2018), as
//! torchvision's `shufflenet_v2_x1_0` builds it: the shuffle stands at the end of a unit. Parameters have the order
//! and the names of its state dict.

/// Expand 1x1, depthwise 3x3, project 1x1.
block main_branch(x, out: int, stride: int, name: str) {
    x
        -> conv(out) as expand @key(torchvision: "{name}.0")
        -> bn @key(torchvision: "{name}.1")
        -> relu
        -> dwconv(3, stride: stride) as depthwise @key(torchvision: "{name}.3")
        -> bn @key(torchvision: "{name}.4")
        -> conv(out) as project @key(torchvision: "{name}.5")
        -> bn @key(torchvision: "{name}.6")
        -> relu
}

/// What carries the input on where the resolution changes.
block projection(x, out: int, name: str) {
    x
        -> dwconv(3, stride: 2) as depthwise @key(torchvision: "{name}.0")
        -> bn @key(torchvision: "{name}.1")
        -> conv(out) as project @key(torchvision: "{name}.2")
        -> bn @key(torchvision: "{name}.3")
        -> relu
}

/// The unit as published: its first half is carried on, or goes through a branch of its own where the resolution
/// changes; the shuffle comes last.
block plain(x, out: int, stride: int, name: str) {
    let half = div(out, 2)
    if stride == 1 {
        let [carried, rest] = split(x, 2)
        let main = rest -> main_branch(half, stride: 1, name: "{name}.branch2")
        concat(carried, main) -> shuffle(groups: 2)
    } else {
        let carried = x -> projection(half, name: "{name}.branch1")
        let main = x -> main_branch(half, stride: stride, name: "{name}.branch2")
        concat(carried, main) -> shuffle(groups: 2)
    }
}

/// `layers` units of `out` channels; the first halves the resolution.
block stage(x, out: int, layers: int, name: str) {
    for i in 0..layers {
        x = x -> plain(out, stride: if i == 0 { 2 } else { 1 }, name: "{name}.{i}")
    }
    x
}

network shufflenet_v2_x1_0(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image
        -> conv(24, kernel: 3, stride: 2) @key(torchvision: "conv1.0")
        -> bn @key(torchvision: "conv1.1")
        -> relu
        -> max_pool(3, stride: 2)
    let stage1 = stem -> stage(116, layers: 4, name: "stage2")
    let stage2 = stage1 -> stage(232, layers: 8, name: "stage3")
    let stage3 = stage2 -> stage(464, layers: 4, name: "stage4")

    output logits = stage3
        -> conv(1024) @key(torchvision: "conv5.0")
        -> bn @key(torchvision: "conv5.1")
        -> relu
        -> global_pool
        -> linear(classes) @key(torchvision: "fc")
}
