//! Single Path One-Shot with channels: twenty ShuffleNetV2 layers, in each one of four candidates and one of eight
//! widths inside it; 32^20 networks.
//!
//! Source: Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform Sampling" (ECCV 2020), §4.2, and
//! its published code, which has the scales, the truncation of the widths and the network found, not the search
//! itself.
//!
//! Uncertain: how the two searches follow each other. The paper fixes the choices of blocks before it searches widths
//! (8^20 networks then); here both are decided together. A width is one decision of the layer: a candidate keeps its
//! leading channels, whichever candidate is taken.

import "std/shufflenet" { unit, xception }

/// One stage; its first layer halves the resolution.
block stage(x, out: int, layers: int) {
    for i in 0..layers {
        let stride = if i == 0 { 2 } else { 1 }
        let scale = choose scale in {0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6} default 1.0
        let mid = trunc(div(out, 2) * scale)
        x = x -> choose op {
            shuffle3: unit(out, kernel: 3, stride: stride, mid: mid)
            shuffle5: unit(out, kernel: 5, stride: stride, mid: mid)
            shuffle7: unit(out, kernel: 7, stride: stride, mid: mid)
            xception: xception(out, stride: stride, mid: mid)
        }
    }
    x
}

space spos_channels(classes: int = 1000, size: int = 224) {
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
