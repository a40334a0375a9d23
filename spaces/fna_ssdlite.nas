//! FNA's space for SSDLite: MobileNetV2 with kernel {3, 5, 7} and expansion {3, 6} in every layer, and `skip` in all but
//! the first of a stage; 6^5 * 3 * 7^15 networks. The seed architecture is the published one: 4,630,316 parameters and
//! 880,333,504 multiply-adds on images of 320x320.
//!
//! Source: Fang et al., "Fast Neural Network Adaptation via Parameter Remapping and Architecture Search" (ICLR 2020),
//! §4.1 and Table 3, and its published code. The head reads the expansion of the first layer of the sixth stage, whose
//! expansion is 6 for that reason. There are eighty classes and a background.
//!
//! The published supernet normalises candidates without parameters, by the statistics of the batch; that is the
//! business of a run, and the networks have ordinary normalisations.

import "std/fna" { entry, stage, tapped_stage }
import "std/head" { ssd_extras, ssdlite }
import "std/seeds/mobilenet_v2" { mobilenet_v2 }

block backbone(image) {
    let s1 = image -> entry
    let s2 = s1 -> stage(24, stride: 2, seed: ["k5_e6", "skip", "skip", "skip"])
    let s3 = s2 -> stage(32, stride: 2, seed: ["k5_e6", "k5_e6", "k3_e6", "k5_e6"])
    let s4 = s3 -> stage(64, stride: 2, seed: ["k5_e6", "k7_e6", "k3_e6", "skip"])
    let s5 = s4 -> stage(96, seed: ["k7_e6", "k7_e6", "k7_e6", "k7_e6"])
    let s6 = s5 -> tapped_stage(160, stride: 2, seed: ["k5_e6", "k7_e6", "k7_e6", "skip"])
    let s7 = s6[1] -> stage(320, seed: ["k7_e6"])
    [s6[0], s7]
}

space fna_ssdlite(classes: int = 81, size: int = 320) {
    input image: [3, size, size]
    defaults bn { eps: 1e-3 }

    let body = image -> backbone
    let last = body[1] -> conv(1280) -> bn -> relu6
    let levels = ssd_extras([body[0], last])

    output [class_logits, box_offsets] = levels -> ssdlite(classes)

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
        last.conv from logits.conv
        last.bn from logits.bn
    }
}
