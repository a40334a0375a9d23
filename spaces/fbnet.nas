//! The networks that FBNet found: A, B and C, images of 224x224 (`--set model=A`).
//!
//! Source: Wu et al., "FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search"
//! (CVPR 2019), and the code that its authors published later: every convolution has a bias there, and the shuffle of a
//! layer in groups stays where it has no expansion.
//!
//! The counts of that code add the number of values that the mean over positions reads to the multiply-adds: 244,526,360
//! operations for A and 378,233,440 for C.

import "std/fbnet" { irf }

/// A layer of these networks.
block layer(x, out: int, kernel: int = 3, stride: int = 1, expand: int = 6, groups: int = 1) {
    x -> irf(out, kernel: kernel, stride: stride, expand: expand, groups: groups, bias: true)
}

block fbnet_a(x) {
    x
        -> layer(24, stride: 2, expand: 3)
        -> layer(24, expand: 1)
        -> layer(32, kernel: 5, stride: 2)
        -> layer(32, expand: 3)
        -> layer(32, kernel: 5, expand: 1)
        -> layer(32, expand: 3)
        -> layer(64, kernel: 5, stride: 2)
        -> layer(64, kernel: 5, expand: 3)
        -> layer(64, kernel: 5, expand: 1, groups: 2)
        -> layer(64, kernel: 5)
        -> layer(112)
        -> layer(112, kernel: 5, expand: 1, groups: 2)
        -> layer(112, kernel: 5, expand: 3)
        -> layer(112, expand: 1, groups: 2)
        -> layer(184, kernel: 5, stride: 2)
        -> layer(184, kernel: 5)
        -> layer(184, kernel: 5, expand: 3)
        -> layer(184, kernel: 5)
        -> layer(352, kernel: 5)
}

block fbnet_b(x) {
    x
        -> layer(16, expand: 1)
        -> layer(24, stride: 2)
        -> layer(24, kernel: 5, expand: 1)
        -> layer(24, expand: 1)
        -> layer(24, expand: 1)
        -> layer(32, kernel: 5, stride: 2)
        -> layer(32, kernel: 5, expand: 3)
        -> layer(32)
        -> layer(32, kernel: 5)
        -> layer(64, kernel: 5, stride: 2)
        -> layer(64, kernel: 5)
        -> layer(64, kernel: 5, expand: 3)
        -> layer(112, kernel: 5)
        -> layer(112, expand: 1)
        -> layer(112, kernel: 5, expand: 1)
        -> layer(112, kernel: 5, expand: 3)
        -> layer(184, kernel: 5, stride: 2)
        -> layer(184, kernel: 5, expand: 1)
        -> layer(184, kernel: 5)
        -> layer(184, kernel: 5)
        -> layer(352)
}

block fbnet_c(x) {
    x
        -> layer(16, expand: 1)
        -> layer(24, stride: 2)
        -> layer(24, expand: 1)
        -> layer(24, expand: 1)
        -> layer(32, kernel: 5, stride: 2)
        -> layer(32, kernel: 5, expand: 3)
        -> layer(32, kernel: 5)
        -> layer(32)
        -> layer(64, kernel: 5, stride: 2)
        -> layer(64, kernel: 5, expand: 3)
        -> layer(64, kernel: 5)
        -> layer(64, kernel: 5)
        -> layer(112, kernel: 5)
        -> layer(112, kernel: 5)
        -> layer(112, kernel: 5)
        -> layer(112, kernel: 5, expand: 3)
        -> layer(184, kernel: 5, stride: 2)
        -> layer(184, kernel: 5)
        -> layer(184, kernel: 5)
        -> layer(184, kernel: 5)
        -> layer(352)
}

network fbnet(model: str = "C", classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2, bias: true) -> bn -> relu
    let features = match model {
        "A": stem -> fbnet_a
        "B": stem -> fbnet_b
        "C": stem -> fbnet_c
    }
    let width = if model == "A" { 1504 } else { 1984 }

    output logits = features
        -> conv(width, bias: true) as last
        -> bn
        -> relu
        -> global_pool
        -> conv(classes, bias: true) as classifier
        -> flatten
}
