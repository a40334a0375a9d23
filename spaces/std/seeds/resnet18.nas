//! ResNet-18, images of 224x224: 1,814,073,344 MACs, 11,689,512 parameters.
//!
//! Source: He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016), as torchvision's `resnet18` builds
//! it. Parameters have the order and the names of its state dict.

import "std/resnet" { basic }

/// What carries the input of a layer on; its tensors have names of their own.
block shortcut(x, out: int, stride: int, name: str) {
    if stride == 1 and x.channels == out {
        x
    } else {
        x
            -> conv(out, stride: stride) @key(torchvision: "{name}.0")
            -> bn @key(torchvision: "{name}.1")
    }
}

/// `layers` layers that end in `out` channels, the first with the stride of the stage.
block stage(x, out: int, layers: int, stride: int, name: str) {
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        let carried = shortcut(out, stride: s, name: "{name}.{i}.downsample")
        x = x -> basic(out, stride: s, carried: carried) @key(torchvision: "{name}.{i}")
    }
    x
}

network resnet18(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image
        -> conv(64, kernel: 7, stride: 2) @key(torchvision: "conv1")
        -> bn @key(torchvision: "bn1")
        -> relu
        -> max_pool(3, stride: 2)
    let stage1 = stem -> stage(64, layers: 2, stride: 1, name: "layer1")
    let stage2 = stage1 -> stage(128, layers: 2, stride: 2, name: "layer2")
    let stage3 = stage2 -> stage(256, layers: 2, stride: 2, name: "layer3")
    let stage4 = stage3 -> stage(512, layers: 2, stride: 2, name: "layer4")

    output logits = stage4 -> global_pool -> linear(classes) @key(torchvision: "fc")
}
