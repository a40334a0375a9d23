//! DetNAS, the small space: the backbone of a detector, twenty ShuffleNetV2 layers with four candidates in each; 4^20
//! networks. The seed architecture is the published backbone of Faster R-CNN with a feature pyramid.
//!
//! Source: Chen et al., "DetNAS: Backbone Search for Object Detection" (NeurIPS 2019), §3 and Table 1, and its
//! published code. The macro-architecture is that of Single Path One-Shot; the stem, the last convolution and the
//! classifier have biases, and channels are shuffled otherwise: the two halves are interleaved and the result is cut
//! in halves again. That is how the supernet and both searches do it; the published detectors of single networks take
//! even and odd channels apart instead, which has the same size and cost but is not the same function.
//!
//! The limit counts the convolutions of the backbone alone. This is the network that ImageNet trains; the published
//! dropout drops whole channels before the mean over positions, which is the same as dropout after it. The supernet
//! is trained on networks of 290 to 360 M multiply-adds only.

import "std/shufflenet" { main_branch, projection, xception_branch }

/// What the published lists of numbers stand for.
const CANDIDATES = ["shuffle3", "shuffle5", "shuffle7", "xception"]

/// The unit around `branch`, which computes all channels that are not carried on.
block unit(x, out: int, kernel: int, stride: int, branch: str) {
    let mid = div(out, 2)
    let halves = if stride == 1 {
        split(x -> shuffle(groups: 2), 2)
    } else {
        [x -> projection(kernel), x]
    }
    let [carried, rest] = halves
    let width = out - carried.channels
    let main = rest -> match branch {
        "shuffle": main_branch(width, kernel: kernel, stride: stride, mid: mid)
        "xception": xception_branch(width, stride: stride, mid: mid)
    }
    concat(carried, main)
}

/// One stage, with a layer for every entry of `found`; its first layer halves the resolution.
block stage(x, out: int, found: [int]) {
    for i in 0..len(found) {
        let stride = if i == 0 { 2 } else { 1 }
        let seed = CANDIDATES[found[i]]
        x = x -> choose op default seed {
            for k in [3, 5, 7] {
                "shuffle{k}": unit(out, kernel: k, stride: stride, branch: "shuffle")
            }
            xception: unit(out, kernel: 3, stride: stride, branch: "xception")
        }
    }
    x
}

block backbone(image) {
    let stem = image -> conv(16, kernel: 3, stride: 2, bias: true) -> bn -> relu
    let s1 = stem -> stage(64, found: [2, 1, 2, 0])
    let s2 = s1 -> stage(160, found: [2, 1, 1, 2])
    let s3 = s2 -> stage(320, found: [3, 3, 1, 3, 0, 0, 3, 1])
    s3 -> stage(640, found: [3, 1, 3, 2]) as s4
}

space detnas_300m(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let body = image -> backbone
    let last = body -> conv(1024, bias: true) -> bn -> relu

    output logits = last -> global_pool -> dropout(0.2) -> linear(classes)

    limit macs(body) <= 300M
}
