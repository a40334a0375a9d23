//! NAS-FPN: seven merging cells between the levels 3 to 7 of a pyramid; the last five are its outputs, one for every
//! level, in any order. There are 10 * 15 * 21 * 28 * 36 * 45 * 55 pairs of nodes, 2^7 operations and 5^2 * 5! levels:
//! 3,017,710,080,000,000 networks.
//!
//! Source: Ghiasi, Lin and Le, "NAS-FPN: Learning Scalable Feature Pyramid Architecture for Object Detection" (CVPR
//! 2019), §3.1, and its published code, whose operations and whose pyramid these are. The seed architecture is the
//! published pyramid.
//!
//! A cell reads two different nodes, which are the levels and the cells before it, and its operation is a sum or an
//! attention; which of the two is the first makes no difference. The pyramid stands once here, between ResNet-50 and
//! the head of RetinaNet; `--set stack=7` is the published detector.
//!
//! Uncertain: the search, which used a smaller network and smaller pictures; and which feature an attention weights:
//! in the published code it is the fine one, by what the coarse one has, elsewhere it is the other way.

import "std/head" { retinanet }
import "std/neck" { nas_fpn as merge }
import "std/resnet" { bottleneck, entry }

/// The published cells: level, operation, nodes.
const LEVELS = [4, 4, 3, 4, 5, 7, 6]
const OPS = ["attention", "sum", "sum", "sum", "attention", "attention", "attention"]
const NODES = [[1, 3], [1, 5], [0, 6], [6, 7], [7, 8], [6, 9], [9, 10]]

/// The features of stride 8, 16 and 32.
block backbone(image) {
    let x = image -> entry
    let features = for s in 0..4 as stage {
        for l in 0..[3, 4, 6, 3][s] as layer {
            x = x -> bottleneck(256 * 2 ** s, stride: if l == 0 and s > 0 { 2 } else { 1 })
        }
        x
    }
    features[1..4]
}

space nas_fpn(classes: int = 80, size: int = 640, width: int = 256, stack: int = 1) {
    input image: [3, size, size]

    // All nodes before all levels: what level a node has goes by both.
    let nodes = for c in 0..7 {
        let first = choose first in 0..4 + c default NODES[c][0]
        let second = choose second in 1..5 + c default NODES[c][1]
        forbid first >= second
        [first, second]
    }
    let taken = for l in 0..5 { false }
    let cells = for c in 0..7 {
        let level = choose level in 3..=7 default LEVELS[c]
        let op = choose op in {"sum", "attention"} default OPS[c]
        let place = level
        if c >= 2 {
            forbid taken[level - 3]
            // Forbidden networks are wired as well, without a level that nobody gives.
            let free = 7
            for l in 1..5 { if not taken[4 - l] { free = 7 - l } }
            if taken[level - 3] { place = free }
            taken = for l in 0..5 { taken[l] or place == l + 3 }
        }
        [place, if op == "attention" { 1 } else { 0 }, nodes[c][0], nodes[c][1]]
    }

    let body = image -> backbone
    let pyramid = merge(body, out: width, layers: stack, extra: 2, cells: cells)

    output [class_logits, box_offsets] = pyramid -> retinanet(classes, width: width)
}
