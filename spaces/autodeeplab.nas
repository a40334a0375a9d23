//! Auto-DeepLab, the wiring that is searched: a lattice of twelve layers over the strides 4, 8, 16 and 32, and one cell,
//! which is the same everywhere; 8^20 * 593,682,203,551 networks. What such a search gives is in `autodeeplab_found.nas`.
//!
//! Source: Liu et al., "Auto-DeepLab: Hierarchical Neural Architecture Search for Semantic Image Segmentation" (CVPR
//! 2019), §3 and §4, and a public re-implementation, whose operations these are.
//!
//! A node of the lattice reads the layer before at the next finer, the same or the next coarser stride, which is its
//! `path`, after a 1x1 for each; one option each is a network. In the search a node is a weighted sum over `path` of what
//! its cell gives, with the same weights for all: `--set mixed=true` writes it so, with more operations and the same
//! networks; without it the cell stands behind the choice. A cell also reads its own stride two layers before, so that
//! nodes beside the path exist: that is the search as it was published, and why there are more wirings than paths. The
//! cell adds all edges, with one operation each out of eight; `none` gives zeros.
//!
//! Uncertain: what a cell reads where its stride has no node two layers before (here the nearest one), and whether a
//! pooling is normalised (here it is).

import "std/head" { aspp }

const LAYERS = 12
const OPS = ["none", "max_pool", "avg_pool", "skip", "sep3", "sep5", "dil3", "dil5"]

/// Two separable convolutions, each after an activation.
block sep(x, kernel: int) {
    for i in 0..2 as half { x = x -> relu -> dwconv(kernel) -> conv(x.channels) -> bn }
    x
}

/// A dilated separable convolution after an activation.
block dil(x, kernel: int) {
    x -> relu -> dwconv(kernel, dilation: 2) -> conv(x.channels) -> bn
}

/// An edge of the cell.
block edge(x, op: str) {
    x -> match op {
        "none": zero(x.channels)
        "max_pool": max_pool(3, stride: 1) -> bn
        "avg_pool": avg_pool(3, stride: 1) -> bn
        "skip": identity
        "sep3": sep(3)
        "sep5": sep(5)
        "dil3": dil(3)
        _: dil(5)
    }
}

/// A feature of row `from` of the lattice at the resolution of row `to`.
block at_row(x, from: int, to: int) {
    if from == to {
        x
    } else {
        x -> resize(scale: 2.0 ** (from - to), mode: "bilinear", align_corners: true)
    }
}

/// A state of the cell from a node of the lattice.
block state(x, width: int) {
    x -> relu -> conv(width) -> bn
}

/// Five blocks, each the sum of what every state before it gives along its edge.
block cell(before, x, ops: [str]) {
    let states = [before, x]
    let next = 0
    for b in 0..5 as block {
        let sum = states[0] -> edge(ops[next])
        for j in 1..len(states) as input { sum = sum + (states[j] -> edge(ops[next + j])) }
        next = next + len(states)
        states = states + [sum]
    }
    concat(states[2..7])
}

space autodeeplab(classes: int = 19, size: int = 321, base: int = 8, mixed: bool = false) {
    input image: [3, size, size]

    // One decision for every edge, the same in all cells.
    let ops = for e in 0..20 as edge { choose op in OPS }

    let stem = image
        -> conv(64, kernel: 3, stride: 2)
        -> bn
        -> relu
        -> conv(64, kernel: 3)
        -> bn
        -> relu
        -> conv(128, kernel: 3, stride: 2)
        -> bn
        -> relu

    // Row `s` of a layer has the stride 4 * 2^s.
    let before = [stem]
    let rows = [stem]
    for l in 0..LAYERS as layer {
        let older = before
        before = rows
        rows = for s in 0..min(4, l + 2) as row {
            let width = base * 2 ** s
            let nearest = min(s, len(older) - 1)
            let old = older[nearest] -> at_row(from: nearest, to: s) -> state(width)
            let node = shared |x| cell(old, x, ops: ops)
            let inside = if mixed { node } else { identity }
            let path = choose path {
                if s > 0 {
                    down: before[s - 1] -> at_row(from: s - 1, to: s) -> state(width) -> inside
                }
                if s < len(before) { same: before[s] -> state(width) -> inside }
                if s + 1 < len(before) {
                    up: before[s + 1] -> at_row(from: s + 1, to: s) -> state(width) -> inside
                }
            }
            if mixed { path } else { path -> node }
        }
    }

    let logits = choose end {
        for s in 0..4 {
            "stride{4 * 2 ** s}": rows[s]
                -> aspp(rates: [div(24, 2 ** s)], separable: false, drop: 0.0)
                -> conv(classes, bias: true)
                -> resize(like: image, mode: "bilinear", align_corners: true)
        }
    }

    output mask = logits
}
