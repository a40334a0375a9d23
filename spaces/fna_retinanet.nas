//! FNA's space for RetinaNet: MobileNetV2 with kernel {3, 5, 7} and expansion {3, 6} in every layer, and `skip` in all
//! but the first of a stage; 6^6 * 7^15 networks. The seed architecture is the published one: a backbone of 2,055,712
//! parameters and 4,823,403,200 multiply-adds on images of 800x1088.
//!
//! Source: Fang et al., "Fast Neural Network Adaptation via Parameter Remapping and Architecture Search" (ICLR 2020),
//! §4.1 and Table 3, and its published code. The pyramid reads the strides 8, 16 and 32; what has a stride of 4 is no
//! input of it. The two coarsest levels are convolutions of the last feature, and there is no activation between them.
//!
//! The published 133.03 billion operations of the whole system count an addition for every bias at every place (the
//! rule `macs_bias`). The published supernet normalises candidates without parameters, by the statistics of the
//! batch; that is the business of a run, and the networks have ordinary normalisations.

import "std/fna" { entry, stage }
import "std/head" { retinanet }
import "std/neck" { fpn }
import "std/seeds/mobilenet_v2" { mobilenet_v2 }

block backbone(image) {
    let s1 = image -> entry
    let s2 = s1 -> stage(24, stride: 2, seed: ["k3_e6", "k3_e6", "skip", "skip"])
    let s3 = s2 -> stage(32, stride: 2, seed: ["k7_e6", "k5_e6", "skip", "skip"])
    let s4 = s3 -> stage(64, stride: 2, seed: ["k3_e6", "k5_e6", "k7_e6", "k3_e6"])
    let s5 = s4 -> stage(96, seed: ["k5_e6", "k7_e6", "skip", "skip"])
    let s6 = s5 -> stage(160, stride: 2, seed: ["k7_e6", "k7_e6", "k7_e3", "k7_e6"])
    let s7 = s6 -> stage(320, seed: ["k7_e6"])
    [s2, s3, s5, s7]
}

space fna_retinanet(classes: int = 80, height: int = 800, width: int = 1088) {
    input image: [3, height, width]

    let body = image -> backbone
    let pyramid = fpn(body[1..4], out: 256, extra: 2)

    output [class_logits, box_offsets] = pyramid -> retinanet(classes)

    remap mobilenet_v2 {
        depth: last
        width: first
        kernel: center
        fill: zero
        slots: skips_last
        body.s1 from stem
        body.s1.stage1 from stage1
        body.s2 from stage2
        body.s3 from stage3
        body.s4 from stage4
        body.s5 from stage5
        body.s6 from stage6
        body.s7 from stage7
    }
}
