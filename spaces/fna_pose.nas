//! FNA++ on human pose: the backbone space of FNA with the head of the simple baselines; 6^6 * 7^15 networks. The seed
//! architecture is MobileNetV2, which the search starts from: 5,225,232 parameters.
//!
//! Source: Fang et al., "FNA++: Fast Network Adaptation via Parameter Remapping and Architecture Search" (TPAMI 2021),
//! §4.4. Neither code nor architecture was published. How many layers a stage has is that of the space for detection;
//! the head is that of Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking" (ECCV 2018): three
//! transposed convolutions and a map for each of the sixteen joints of MPII, on images of 256x256. With it the
//! baseline has the published parameters, and its published 6.09 billion operations if a transposed convolution is
//! counted at its output positions (the rule `macs_at_outputs`); in truth it has 1,807,802,368 multiply-adds.

import "std/fna" { entry, stage }
import "std/head" { deconv }
import "std/seeds/mobilenet_v2" { mobilenet_v2 }

block backbone(image) {
    let s1 = image -> entry
    let s2 = s1 -> stage(24, stride: 2, seed: ["k3_e6", "k3_e6", "skip", "skip"])
    let s3 = s2 -> stage(32, stride: 2, seed: ["k3_e6", "k3_e6", "k3_e6", "skip"])
    let s4 = s3 -> stage(64, stride: 2, seed: ["k3_e6", "k3_e6", "k3_e6", "k3_e6"])
    let s5 = s4 -> stage(96, seed: ["k3_e6", "k3_e6", "k3_e6", "skip"])
    let s6 = s5 -> stage(160, stride: 2, seed: ["k3_e6", "k3_e6", "k3_e6", "skip"])
    s6 -> stage(320, seed: ["k3_e6"]) as s7
}

space fna_pose(joints: int = 16, size: int = 256) {
    input image: [3, size, size]

    let body = image -> backbone

    output heatmaps = body -> deconv(joints)

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
