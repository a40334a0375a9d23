//! FNA's space for DeepLabv3: MobileNetV2 with kernel {3, 5, 7} and expansion {3, 6} in every layer, and `skip` in all
//! but the first of a stage; 6^6 * 7^19 networks. The seed architecture is the published one: 2,466,419 parameters and,
//! on images of 1024x2048, which are whole images of Cityscapes, 24,174,895,104 operations, an addition for every bias
//! at every place included (the rule `macs_bias`).
//!
//! Source: Fang et al., "Fast Neural Network Adaptation via Parameter Remapping and Architecture Search" (ICLR 2020),
//! §4.2 and Table 2, and its published code. Once the output stride is reached, a stage keeps the resolution and
//! dilates all its depthwise convolutions instead, its first one too; `--set output_stride=8` is the other published
//! setting. The published search code is of detection alone: how many layers a stage has is read off the published
//! architecture.

import "std/fna" { entry, stage }
import "std/head" { deeplabv3 }
import "std/seeds/mobilenet_v2" { mobilenet_v2 }

/// The stride of every stage but the first.
const STRIDES = [2, 2, 2, 1, 2, 1]

/// Stride and dilation of every stage where nothing is coarser than `output_stride`.
block backbone(image, output_stride: int) {
    let seeds = [
        ["k3_e6", "k3_e6", "skip", "skip"],
        ["k7_e6", "k3_e6", "k3_e6", "k3_e6"],
        ["k7_e6", "k7_e6", "k5_e6", "k7_e6", "k7_e6", "k5_e6"],
        ["k7_e6", "k7_e6", "k7_e6", "k7_e6", "skip", "skip"],
        ["k7_e6", "k5_e6", "skip", "skip"],
        ["k7_e3"],
    ]
    let x = image -> entry
    let rate = 1
    for i in 0..6 as stage {
        let reached = x.stride == output_stride
        if reached { rate = rate * STRIDES[i] }
        x = x -> stage(
            [24, 32, 64, 96, 160, 320][i],
            stride: if reached { 1 } else { STRIDES[i] },
            dilation: rate,
            seed: seeds[i],
        )
    }
    x
}

space fna_deeplabv3(
    classes: int = 19,
    height: int = 1024,
    width: int = 2048,
    output_stride: int = 16,
) {
    input image: [3, height, width]

    let body = image -> backbone(output_stride)

    output logits = body -> deeplabv3(like: image, classes: classes, output_stride: output_stride)

    remap mobilenet_v2 {
        depth: last
        width: first
        kernel: center
        fill: zero
        slots: in_order
        body.x from stem
        body.x.stage1 from stage1
        body.stage.0 from stage2
        body.stage.1 from stage3
        body.stage.2 from stage4
        body.stage.3 from stage5
        body.stage.4 from stage6
        body.stage.5 from stage7
    }
}
