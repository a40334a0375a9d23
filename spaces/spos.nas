//! Single Path One-Shot: twenty ShuffleNetV2 layers, four candidates in each; 4^20 networks.
//!
//! Source: Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling" (ECCV 2020), and its
//! published code. The supernet is trained with normalisations that have no scale and shift; the networks found have
//! them when they are trained alone.

import "std/shufflenet" { unit, xception }

/// One stage; its first layer halves the resolution.
block stage(x, out: int, layers: int) {
    for i in 0..layers {
        let stride = if i == 0 { 2 } else { 1 }
        x = x -> choose op {
            shuffle3: unit(out, kernel: 3, stride: stride)
            shuffle5: unit(out, kernel: 5, stride: stride)
            shuffle7: unit(out, kernel: 7, stride: stride)
            xception: xception(out, stride: stride)
        }
    }
    x
}

space spos(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    let s1 = stem -> stage(64, layers: 4)
    let s2 = s1 -> stage(160, layers: 4)
    let s3 = s2 -> stage(320, layers: 8)
    let s4 = s3 -> stage(640, layers: 4)
    let last = s4 -> conv(1024) -> bn -> relu

    output logits = last -> global_pool -> dropout(0.1) -> linear(classes, bias: false)

    limit macs <= 330M
}
