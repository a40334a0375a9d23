//! DetNAS, the large space: forty ShuffleNetV2 layers of one and a half times the width, four candidates in each;
//! 4^40 networks. The seed architecture is the published one.
//!
//! Source: Chen et al., "DetNAS: Backbone Search for Object Detection" (NeurIPS 2019), §4.1, and its published code;
//! the layers are those of the small space, biases and shuffle included. The published 3.8 G backbone takes the same
//! choices at the widths 72, 172, 432, 864, 1728 and 1728.
//!
//! Uncertain: the cost is published as 1.3 G, and no limit is known for this space. Here the seed has 1.32 G
//! multiply-adds, of which 1.27 G lie in the convolutions of the backbone.

import "detnas_300m" { stage }

block backbone(image) {
    let stem = image -> conv(48, kernel: 3, stride: 2, bias: true) -> bn -> relu
    let s1 = stem -> stage(96, found: [0, 0, 3, 1, 2, 1, 0, 2])
    let s2 = s1 -> stage(240, found: [0, 3, 1, 2, 3, 3, 2, 0])
    let s3 = s2 -> stage(480, found: [2, 1, 1, 3, 2, 0, 2, 2, 2, 1, 3, 1, 0, 3, 3, 3])
    s3 -> stage(960, found: [1, 3, 3, 3, 3, 3, 3, 3]) as s4
}

space detnas_1300m(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let body = image -> backbone
    let last = body -> conv(1024, bias: true) -> bn -> relu

    output logits = last -> global_pool -> dropout(0.2) -> linear(classes)
}
