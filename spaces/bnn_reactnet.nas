//! ReActNet-A with and without normalisation: what stands behind its convolutions (batch normalisation, nothing, or a
//! scaling that makes up for it), and how many blocks each stage has; 144 networks. The seed architecture is ReActNet-A
//! as published, with batch normalisation.
//!
//! Sources: Liu et al., "ReActNet: Towards Precise Binary Neural Network with Generalized Activation Functions" (ECCV
//! 2020); Chen et al., "BNN - BN = ?: Training Binary Neural Networks without Batch Normalization" (CVPR Workshops
//! 2021), and its published code. `--set weights=real` has the networks of the first phase of training, which are
//! binary in the activations alone.
//!
//! These papers count a binary multiply-add as a sixty-fourth of an operation: ReActNet-A has 4,816,896,000 binary ones
//! and 11,862,016 others, 87,126,016 operations together.
//!
//! No paper searches here: the published networks are the three settings at full depth. The depths are in the space
//! because the factors of the setting `free` follow from them: each layer adds to the variance that is expected, and a
//! block of stride 2 sets it back. They are values of the compilation, never learned, and never shared.

import "std/binary" { ALPHA, entry, react }

/// `depth` blocks that keep their width. `variance` is that of what they read; gives the features, and the variance
/// that the next block expects.
block tower(image, norm: str, weights: str) {
    let added = ALPHA ** 2
    let variance = 1.0
    let x = image -> entry(32, kernel: 3, norm: norm)
    for [out, layers] in [[64, 1], [128, 2], [256, 2], [512, 6], [1024, 2]] as stage {
        let depth = 1
        if layers > 1 { depth = choose depth in 1..=layers default layers }
        for i in 0..depth as block {
            let halves = i == 0 and out > 64
            let inner = variance + added
            let before = if norm == "free" {
                [1.0 / variance ** 0.5, 1.0 / inner ** 0.5]
            } else {
                [1.0, 1.0]
            }
            x = x -> react(
                out,
                stride: if halves { 2 } else { 1 },
                norm: norm,
                weights: weights,
                before: before,
            )
            variance = if halves { 1.0 } else { inner + added }
        }
    }
    x
}

space bnn_reactnet(classes: int = 1000, size: int = 224, weights: str = "binary") {
    input image: [3, size, size]

    let features = image -> choose norm default bn {
        for norm in ["bn", "none", "free"] { "{norm}": tower(norm, weights) }
    }

    output logits = features -> global_pool -> linear(classes)
}
