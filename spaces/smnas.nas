//! SM-NAS, the structural stage: which backbone, neck, proposals and head a detector is made of, and how large its
//! pictures are; 4 * 7 * 13 * 9 = 3,276 networks. Its modular stage is in `smnas_modular.nas`.
//!
//! Source: Yao et al., "SM-NAS: Structural-to-Modular Neural Architecture Search for Object Detection" (AAAI 2020),
//! §3.1. Every network is trained on its own: the options of no decision share tensors.
//!
//! The head decides what else there is to choose: a head of one stage has no proposals, a cascade has two to four
//! stages. A pyramid has levels from stride 2 or 4 to stride 32 or 64; without one there is only that of stride 16.
//! Regions, which an algorithm without weights takes out of the pyramid, are an input of their own, so that the cost of
//! a region head is that of one region. `size` is the side of the smallest pictures; the others go by it.
//!
//! Uncertain: the option lists, which were not published in full; what a detector without a neck reads (here the
//! feature of stride 16, brought to the width of the heads); and the adaptation of guided anchors, which is deformable
//! in the paper.

import "std/head" { proposals, region_head, retinanet }
import "std/mobilenet" { stage }
import "std/neck" { top_down }
import "std/resnet" { basic, bottleneck }

/// A 1x1 on every feature.
block lateral(features: [tensor], width: int) {
    for feature in features { feature -> conv(width, bias: true) }
}

/// The features of a residual network at the strides 2 to 32.
block residual(image, unit: str, layers: [int]) {
    let x = image -> conv(64, kernel: 7, stride: 2) -> bn -> relu
    let features = [x]
    x = x -> max_pool(3, stride: 2)
    for s in 0..4 as stage {
        let planes = 64 * 2 ** s
        for l in 0..layers[s] as layer {
            let stride = if l == 0 and s > 0 { 2 } else { 1 }
            x = x -> match unit {
                "basic": basic(planes, stride: stride)
                "bottleneck": bottleneck(planes * 4, stride: stride)
                _: bottleneck(planes * 4, stride: stride, mid: planes * 2, groups: 32)
            }
        }
        features = features + [x]
    }
    features
}

/// Those of MobileNetV2.
block mobile(image) {
    let s1 = image
        -> conv(32, kernel: 3, stride: 2)
        -> bn
        -> relu6
        -> stage(16, layers: 1, expand: 1)
    let s2 = s1 -> stage(24, layers: 2, stride: 2)
    let s3 = s2 -> stage(32, layers: 3, stride: 2)
    let s5 = s3 -> stage(64, layers: 4, stride: 2) as s4 -> stage(96, layers: 3) as s5
    let s7 = s5 -> stage(160, layers: 3, stride: 2) as s6 -> stage(320, layers: 1) as s7
    [s1, s2, s3, s5, s7]
}

space smnas(classes: int = 80, size: int = 512) @own {
    let picture = choose picture in {"512x512", "800x600", "1080x720", "1333x800"}
    let [wide, high] = match picture {
        "512x512": [512, 512]
        "800x600": [800, 600]
        "1080x720": [1080, 720]
        _: [1333, 800]
    }
    input image: [3, div(high * size, 512), div(wide * size, 512)]

    let neck = choose neck in {"none", "fpn"}
    let channels = 256
    let finest = 4
    let coarsest = 4
    if neck == "fpn" {
        channels = choose channels in {128, 256, 512} default 256
        finest = choose finest in {1, 2}
        coarsest = choose coarsest in {5, 6}
    }

    let backbone = image -> choose backbone {
        resnet18: |x| x -> residual(unit: "basic", layers: [2, 2, 2, 2]) -> lateral(channels)
        resnet34: |x| x -> residual(unit: "basic", layers: [3, 4, 6, 3]) -> lateral(channels)
        resnet50: |x| x -> residual(unit: "bottleneck", layers: [3, 4, 6, 3]) -> lateral(channels)
        resnet101: |x| x -> residual(unit: "bottleneck", layers: [3, 4, 23, 3]) -> lateral(channels)
        resnext50: |x| x -> residual(unit: "grouped", layers: [3, 4, 6, 3]) -> lateral(channels)
        resnext101: |x| x -> residual(unit: "grouped", layers: [3, 4, 23, 3]) -> lateral(channels)
        mobilenet_v2: |x| x -> mobile -> lateral(channels)
    }
    let pyramid = if neck == "fpn" {
        let smooth = for level in top_down(backbone) {
            level -> conv(channels, kernel: 3, bias: true)
        }
        smooth + [smooth[4] -> max_pool(1, stride: 2)]
    } else {
        backbone + [backbone[4]]
    }

    let head = choose head in {"retinanet", "rcnn", "cascade"}
    let at = for l in 1..=6 { finest <= l and l <= coarsest }
    if head == "retinanet" {
        let [logits, offsets] = pyramid -> retinanet(classes, width: channels)
        if at[0] { output boxes1 = [logits[0], offsets[0]] }
        if at[1] { output boxes2 = [logits[1], offsets[1]] }
        if at[2] { output boxes3 = [logits[2], offsets[2]] }
        if at[3] { output boxes4 = [logits[3], offsets[3]] }
        if at[4] { output boxes5 = [logits[4], offsets[4]] }
        if at[5] { output boxes6 = [logits[5], offsets[5]] }
    } else {
        let rpn = choose rpn in {"plain", "guided"}
        if rpn == "plain" {
            let plain = proposals(pyramid, width: channels)
            if at[0] { output proposals1 = plain[0] }
            if at[1] { output proposals2 = plain[1] }
            if at[2] { output proposals3 = plain[2] }
            if at[3] { output proposals4 = plain[3] }
            if at[4] { output proposals5 = plain[4] }
            if at[5] { output proposals6 = plain[5] }
        } else {
            let guided = proposals(pyramid, width: channels, guided: true)
            if at[0] { output guided1 = guided[0] }
            if at[1] { output guided2 = guided[1] }
            if at[2] { output guided3 = guided[2] }
            if at[3] { output guided4 = guided[3] }
            if at[4] { output guided5 = guided[4] }
            if at[5] { output guided6 = guided[5] }
        }

        input regions: [channels, 7, 7]
        let stages = if head == "cascade" { choose stages in {2, 3, 4} default 3 } else { 1 }
        let answers = for i in 0..4 as stage { regions -> region_head(classes + 1) }
        output regions1 = answers[0]
        if stages > 1 { output regions2 = answers[1] }
        if stages > 2 { output regions3 = answers[2] }
        if stages > 3 { output regions4 = answers[3] }
    }
}
