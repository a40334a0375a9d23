//! DSNAS: the twenty ShuffleNetV2 layers of Single Path One-Shot, four candidates in each, searched and trained in
//! one run; 4^20 networks. The seed architecture is the published network.
//!
//! Source: Hu et al., "DSNAS: Direct Neural Architecture Search without Parameter Retraining" (CVPR 2020), §4.1, and
//! its published code. Unlike in Single Path One-Shot the normalisations are affine in the search too, and their eps
//! is 1e-2: the gradient of a choice that ends a stage vanishes with it.
//!
//! The search does not keep to a limit: it adds a penalty to paths of 290 M multiply-adds or more in the twenty
//! layers, which is 328.6 M in the whole network. The published 324.35 M count the classifier twice; here the network
//! has 323.33 M. Dropout belongs to the search phase; the phase that trains the found network goes without.

import "std/shufflenet" { unit, xception }

/// What the published lists of numbers stand for.
const CANDIDATES = ["shuffle3", "shuffle5", "shuffle7", "xception"]

/// One stage, with a layer for every entry of `found`; its first layer halves the resolution.
block stage(x, out: int, found: [int]) {
    for i in 0..len(found) {
        let stride = if i == 0 { 2 } else { 1 }
        let seed = CANDIDATES[found[i]]
        x = x -> choose op default seed {
            shuffle3: unit(out, kernel: 3, stride: stride)
            shuffle5: unit(out, kernel: 5, stride: stride)
            shuffle7: unit(out, kernel: 7, stride: stride)
            xception: xception(out, stride: stride)
        }
    }
    x
}

space dsnas(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]
    defaults bn { eps: 1e-2 }

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    let s1 = stem -> stage(64, found: [0, 0, 3, 0])
    let s2 = s1 -> stage(160, found: [3, 2, 0, 0])
    let s3 = s2 -> stage(320, found: [3, 3, 2, 3, 3, 3, 2, 0])
    let s4 = s3 -> stage(640, found: [0, 3, 3, 0])
    let last = s4 -> conv(1024) -> bn -> relu

    output logits = last -> global_pool -> dropout(0.1) -> linear(classes, bias: false)
}
