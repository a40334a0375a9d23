//! ReActNet-18, a residual network of sixteen binary layers, with batch normalisation, with nothing in its place, or
//! with the scaling that makes up for it (`--set norm=bn`, `none` or `free`).
//!
//! Source: Chen et al., "BNN - BN = ?: Training Binary Neural Networks without Batch Normalization" (CVPR Workshops
//! 2021), and its published code, in the variant for ImageNet. The first block of a stage scales by the variance that
//! the stage before has left, and adds nothing to it. Without normalisation there are 11,699,624 parameters;
//! 1,695,547,392 binary multiply-adds and 118,525,952 others make 145,018,880 operations.

import "std/binary" { ALPHA, entry, react_basic }

network bnn_reactnet18(
    classes: int = 1000,
    size: int = 224,
    norm: str = "free",
    weights: str = "binary",
) {
    input image: [3, size, size]

    let stem = image -> entry(64, kernel: 7, norm: norm)
    let x = stem -> max_pool(3, stride: 2)
    let variance = 1.0
    for s in 0..4 as stage {
        let stride = if s == 0 { 1 } else { 2 }
        for i in 0..4 as block {
            let factor = if norm == "free" { 1.0 / variance ** 0.5 } else { 1.0 }
            x = x -> react_basic(
                64 * 2 ** s,
                stride: if i == 0 { stride } else { 1 },
                norm: norm,
                weights: weights,
                before: factor,
            )
            if i > 0 { variance = variance + ALPHA ** 2 } else { if s > 0 { variance = 1.0 } }
        }
    }

    output logits = x -> global_pool -> linear(classes)
}
