//! NAS-Bench-201: one cell with six edges and five operations on each, repeated fifteen times; 5^6 = 15,625 networks.
//!
//! Source: Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search" (ICLR
//! 2020), §2.1, and its published code. The edges are decided once for all cells; the cells have tensors of their
//! own.
//!
//! Networks are counted as written, as the benchmark does: many of them compute the same function, since `none` can
//! cut a node off. The published counts of operations add the ten biases of the classifier.

/// The operation `op` between two nodes of a cell.
block edge(x, op: str) {
    x -> match op {
        "none": zero
        "skip_connect": identity
        "nor_conv_1x1": |y| y -> relu -> conv(x.channels) as conv1 -> bn
        "nor_conv_3x3": |y| y -> relu -> conv(x.channels, kernel: 3) as conv3 -> bn
        "avg_pool_3x3": avg_pool(3, stride: 1)
    }
}

/// Four nodes, each the sum of an edge from every node before it.
block cell(x, ops: [str]) {
    let node1 = x -> edge(ops[0]) as from0
    let node2 = (x -> edge(ops[1]) as from0) + (node1 -> edge(ops[2]) as from1)
    let node3 = (x -> edge(ops[3]) as from0)
        + (node1 -> edge(ops[4]) as from1)
        + (node2 -> edge(ops[5]) as from2)
    node3
}

/// A residual block that halves the resolution.
block reduce(x, out: int) {
    let y = x
        -> relu
        -> conv(out, kernel: 3, stride: 2) as a
        -> bn
        -> relu
        -> conv(out, kernel: 3) as b
        -> bn
    y + (x -> avg_pool(2, stride: 2, pad: 0) -> conv(out) as shortcut)
}

space nasbench201(classes: int = 10, size: int = 32, cells: int = 5) {
    input image: [3, size, size]

    // to node 1 from 0, to 2 from 0 and 1, to 3 from 0, 1 and 2
    let ops = for e in 0..6 {
        choose op in {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}
    }
    let stem = image -> conv(16, kernel: 3) -> bn
    let x = stem
    for stage in 0..3 as stage {
        if stage > 0 { x = x -> reduce(16 * 2 ** stage) }
        for i in 0..cells as cells { x = x -> cell(ops) }
    }

    output logits = x -> bn -> relu -> global_pool -> linear(classes)
}
