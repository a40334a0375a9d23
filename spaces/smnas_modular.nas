//! SM-NAS, the modular stage: the backbone of a detector as a string, and the widths of what stands on it.
//!
//! A string such as `211-2111-21-111` has a part for every stage and a character for every block: a stage but the first
//! halves the resolution, and a `2` doubles the width from there on. There are four stages and 5 to 35 blocks, three of
//! which double. A string is written as how often every stage doubles, its depth, and at which blocks it doubles.
//! With at most sixteen blocks in a stage there are 128,657,084 strings (`--set most=32` has all 207,417,404, and
//! takes a while); with three kinds of blocks, four base widths and the rest, 144 times as many networks.
//!
//! Source: Yao et al., "SM-NAS: Structural-to-Modular Neural Architecture Search for Object Detection" (AAAI 2020),
//! §3.2. Every network is trained on its own, from scratch, with group normalisation and standardised weights. The seed
//! architecture is the published network E0 with the backbone `1-21-21-12`; its size and its stages of heads are what
//! the structural stage gives.
//!
//! Uncertain: the option lists beside the strings, which were not published in full; the groups of the normalisation
//! (here eight, which divide every width) and of the grouped blocks (here those of four channels at the base width).
//! The published code reads the characters as strides instead.

import "std/head" { proposals, region_head }
import "std/neck" { fpn }

/// A convolution with standardised weights, and a normalisation.
block normed(x, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) {
    x
        -> ws_conv(out, kernel: kernel, stride: stride, groups: groups, scaled: false)
        -> gn(groups: 8)
}

/// What carries the input on.
block carried(x, out: int, stride: int) {
    if stride == 1 and x.channels == out { x } else { x -> normed(out, stride: stride) }
}

/// Two convolutions of size 3.
block basic(x, out: int, stride: int) {
    let y = x -> normed(out, kernel: 3, stride: stride) as conv1 -> relu
    (y -> normed(out, kernel: 3) as conv2) + (x -> carried(out, stride: stride)) -> relu
}

/// A convolution of size 3 between two of size 1.
block bottleneck(x, out: int, mid: int, stride: int, groups: int = 1) {
    let y = x -> normed(mid) as conv1 -> relu
    y = y -> normed(mid, kernel: 3, stride: stride, groups: groups) as conv2 -> relu
    (y -> normed(out) as conv3) + (x -> carried(out, stride: stride)) -> relu
}

/// The features of the four stages, and that of the stem.
block backbone(image, most: int) {
    // What every cost depends on comes first, and how long a stage is before its places: what goes by many decisions
    // stays small.
    let kind = choose kind in {"basic", "bottleneck", "grouped"}
    let base = choose base in {48, 56, 64, 72} default 64
    let [blocks, doubled] = [0, 0]
    let string = for s in 0..4 {
        let usual = [[], [0], [0], [1]][s]
        let count = choose count in 0..=3 default len(usual)
        let depth = choose depth in 1..=most default [1, 2, 2, 2][s]
        let last = -1
        let places = for d in 0..3 as double {
            // No block of the stage, where it doubles less often.
            let at = most
            if d < count {
                at = choose at in 0..most default (usual + [0, 1, 2])[d]
                forbid at <= last or at >= depth
                last = at
            }
            at
        }
        blocks = blocks + depth
        doubled = doubled + count
        [depth, count] + places
    }
    forbid blocks < 5 or blocks > 35 or doubled != 3

    let x = image -> normed(64, kernel: 7, stride: 2) as stem -> relu
    let features = [x]
    x = x -> max_pool(3, stride: 2)
    let before = 0
    for s in 0..4 as stage {
        let [depth, count] = string[s][0..2]
        // As many blocks as any network has; what is read is the one at the end of the depth.
        let chain = []
        for b in 0..most as block {
            let here = sum(for at in string[s][2..5] { if at <= b { 1 } else { 0 } })
            let planes = 2 ** min(before + here, 3) * base
            let stride = if b == 0 and s > 0 { 2 } else { 1 }
            x = x -> match kind {
                "basic": basic(planes, stride: stride)
                "bottleneck": bottleneck(planes * 4, mid: planes, stride: stride)
                _: bottleneck(planes * 4, mid: planes * 2, stride: stride, groups: div(base, 2))
            }
            chain = chain + [x]
        }
        x = chain[depth - 1]
        before = before + count
        features = features + [x]
    }
    features
}

space smnas_modular(
    classes: int = 80,
    height: int = 512,
    width: int = 512,
    stages: int = 1,
    most: int = 16,
) @own {
    input image: [3, height, width]

    let body = image -> backbone(most)

    let channels = choose channels in {128, 256, 512} default 128
    let finest = choose finest in {1, 2} default 2
    let pyramid = fpn(body, out: channels)
    let found = proposals(pyramid, width: channels)
    if finest == 1 { output proposals1 = found[0] }
    output proposals = found[1..5]

    // What the regions that were found have in the pyramid.
    input regions: [channels, 7, 7]
    let hidden = choose hidden in {512, 1024} default 1024
    output answers = for i in 0..stages as stage {
        regions -> region_head(
            classes + 1,
            boxes: if stages > 1 { 1 } else { classes },
            hidden: hidden,
        )
    }
}
