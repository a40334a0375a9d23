//! Auto-DeepLab, the networks that its search gives: a path through the lattice of twelve layers, and a cell whose blocks
//! keep two edges each; 75,025 * 2,700 * 49^5 networks. What is searched is in `autodeeplab.nas`. The path of the seed
//! architecture is the published one.
//!
//! Source: Liu et al., "Auto-DeepLab: Hierarchical Neural Architecture Search for Semantic Image Segmentation" (CVPR
//! 2019), §4.3 and §5, and a public re-implementation. `base` is 20, 32 and 48 in the networks S, M and L.
//!
//! A cell reads the two cells before it on the path, whatever strides they have. Five blocks keep 1 * 3 * 6 * 10 * 15
//! pairs of edges, with one of seven operations on each, the same in all cells. Where the paper counts 2.9e4 paths, its
//! first cell keeps the stride; for cells it counts eight operations and ordered pairs with repetition.
//!
//! Uncertain: the decoder, which joins what the third cell gives; the rates of the pyramid behind a path that does not
//! end at a stride of 8; and whether a pooling is normalised (here it is). The published network S has 10.15M
//! parameters, and the same path and cell have 5.57M here.

import "std/head" { aspp, refine }
import "autodeeplab.nas" { at_row, dil, sep, state }

/// The rows of the published path; row `s` has the stride 4 * 2^s.
const PATH = [1, 0, 0, 1, 2, 1, 2, 2, 3, 3, 2, 1]

/// An operation on an edge, with tensors of its own in every cell.
block operation(x) {
    x -> choose op {
        max_pool: max_pool(3, stride: 1) -> bn
        avg_pool: avg_pool(3, stride: 1) -> bn
        skip: identity
        sep3: sep(3)
        sep5: sep(5)
        dil3: dil(3)
        dil5: dil(5)
    }
}

/// Five blocks, each the sum of two of the states before it.
block kept_cell(before, x) {
    let states = [before, x]
    for b in 0..5 as block {
        let edges = keep 2 of edges {
            for j in 0..len(states) { "s{j}": states[j] -> operation @per_use }
        }
        states = states + [edges]
    }
    concat(states[2..7])
}

/// The feature of row `from`, which depends on decisions, as a state of a cell of row `to`.
block picked(rows: [tensor], from: int, to: int, width: int) {
    let states = for r in 0..len(rows) as from {
        rows[r] -> at_row(from: r, to: to) -> state(width)
    }
    states[from]
}

space autodeeplab_found(classes: int = 19, size: int = 321, base: int = 20) {
    input image: [3, size, size]

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

    let path = [0]
    for l in 0..len(PATH) as path {
        let row = choose row in 0..min(4, l + 2) default PATH[l]
        forbid abs(row - path[l]) > 1
        path = path + [row]
    }

    let cell = shared kept_cell
    let layers = [[stem], [stem]]
    for l in 0..len(PATH) as layer {
        let nodes = for s in 0..min(4, l + 2) as row {
            let width = base * 2 ** s
            let x = picked(layers[l + 1], from: path[l], to: s, width: width)
            let before = picked(layers[l], from: path[max(l - 1, 0)], to: s, width: width)
            cell(before, x)
        }
        layers = layers + [nodes]
    }

    let contexts = for s in 0..4 as context {
        let rates = for rate in [6, 12, 18] { max(div(4 * rate, 2 ** s), 1) }
        layers[len(PATH) + 1][s] -> aspp(rates: rates, separable: false)
    }
    let details = for s in 0..4 as detail { layers[4][s] -> conv(48) -> bn -> relu }

    output mask = refine(
        contexts[path[len(PATH)]],
        details[path[3]],
        like: image,
        classes: classes,
        separable: false,
    )
}
