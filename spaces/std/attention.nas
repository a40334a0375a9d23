//! Attention over channels: squeeze-and-excite, and the weights of split attention.
//!
//! Sources: Hu et al., "Squeeze-and-Excitation Networks" (CVPR 2018); Zhang et al., "ResNeSt: Split-Attention
//! Networks" (CVPR Workshops 2022), as its published code computes it, without normalisations.

/// Squeeze and excite: a weight per channel, computed from the mean of every channel.
block se(x, reduce: int, activation: block = relu, gate: block = hsigmoid) {
    let weight = x
        -> global_pool
        -> conv(reduce, bias: true) as reduce
        -> activation
        -> conv(x.channels, bias: true) as expand
        -> gate
    x * weight
}
