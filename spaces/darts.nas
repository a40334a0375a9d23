//! DARTS: two cells, one that keeps the resolution and one that halves it, each of four nodes that add two candidates;
//! each candidate is one of seven operations on an earlier node or on one of the two inputs. (49 * 3 * 49 * 6 * 49 * 10 *
//! 49)^2 = 1,037,664,180^2 networks, about 10^18.
//!
//! Source: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search" (ICLR 2019), §3.1, which counts them so,
//! and its published code. The operation `none` takes part in its search and in no found cell, so that it is left out
//! here. The cells are decided once and have tensors of their own.
//!
//! The search runs on eight cells of sixteen channels. What it finds is built for CIFAR-10 with `--set cells=20 --set
//! width=36` (the found network: 3.349 M parameters), and for ImageNet with `--set imagenet=true --set size=224 --set
//! classes=1000 --set cells=14 --set width=48` (4.719 M). The auxiliary classifiers of the training, and the
//! normalisations without scale behind the pooling of the search, are left out.
//!
//! Uncertain: the published 574 M operations on ImageNet are not the 529,911,552 multiply-adds of this network; how they
//! were counted is not said.

import "std/darts" { candidate, factorised_reduce, relu_conv_bn }

/// A candidate that reads an earlier node.
block edge(x, stride: int) {
    let op = choose op in {
        "max_pool_3x3"
        "avg_pool_3x3"
        "skip_connect"
        "sep_conv_3x3"
        "sep_conv_5x5"
        "dil_conv_3x3"
        "dil_conv_5x5"
    }
    x -> candidate(op, stride: stride)
}

/// Four nodes, joined; what reads one of the two inputs has the `stride`.
block cell(states: [tensor], stride: int) {
    for n in 0..4 as node {
        states = states + [keep 2 of inputs {
            for i in 0..n + 2 { "{i}": states[i] -> edge(stride: if i < 2 { stride } else { 1 }) }
        }]
    }
    concat(states[2..])
}

/// The beginning for small images, and for large ones: what the first cell reads, twice.
block entry(image, width: int, imagenet: bool) {
    if imagenet {
        let x = image
            -> conv(div(width, 2), kernel: 3, stride: 2) as conv0
            -> bn
            -> relu
            -> conv(width, kernel: 3, stride: 2) as conv1
            -> bn
        [x, x -> relu -> conv(width, kernel: 3, stride: 2) as conv2 -> bn]
    } else {
        let x = image -> conv(3 * width, kernel: 3) -> bn
        [x, x]
    }
}

space darts(
    classes: int = 10,
    size: int = 32,
    width: int = 16,
    cells: int = 8,
    imagenet: bool = false,
) {
    input image: [3, size, size]

    let normal = shared cell(stride: 1) @per_use
    let reduce = shared cell(stride: 2) @per_use

    let [before, last] = image -> entry(width, imagenet) as stem
    let channels = width
    // Whether the one before was at twice the resolution.
    let reduced = imagenet
    for i in 0..cells as cell {
        let halves = i == div(cells, 3) or i == div(2 * cells, 3)
        if halves { channels = 2 * channels }
        let first = if reduced {
            before -> factorised_reduce(channels)
        } else {
            before -> relu_conv_bn(channels)
        }
        let second = last -> relu_conv_bn(channels)
        before = last
        last = if halves { [first, second] -> reduce } else { [first, second] -> normal }
        reduced = halves
    }

    output logits = last -> global_pool -> linear(classes)
}
