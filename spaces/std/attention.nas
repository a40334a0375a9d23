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

/// What split attention makes of its chunks, several tensors of one shape: their sum, each weighted channel by channel.
/// The weights come from the mean of all, through `reduce` channels, and those of one channel add to one. A single
/// chunk is weighted by a sigmoid.
block attend(
    chunks: [tensor],
    reduce: int,
    groups: int = 1,
    norm: block = bn,
    activation: block = relu,
) {
    let radix = len(chunks)
    let total = chunks[0]
    for r in 1..radix { total = total + chunks[r] }
    let channels = total.channels
    let weights = total
        -> global_pool
        -> conv(reduce, groups: groups, bias: true) as reduce
        -> norm
        -> activation
        -> conv(channels * radix, groups: groups, bias: true) as expand
    if radix == 1 {
        total * (weights -> sigmoid)
    } else {
        // The convolution has the chunks of a group side by side; the chunks have their groups so.
        let part = div(channels, groups)
        let sorted = for r in 0..radix, g in 0..groups {
            weights[(g * radix + r) * part..(g * radix + r + 1) * part]
        }
        let shares = if groups == 1 { weights } else { concat(sorted) } -> softmax(runs: radix)
        let y = chunks[0] * shares[0..channels]
        for r in 1..radix { y = y + chunks[r] * shares[r * channels..(r + 1) * channels] }
        y
    }
}

/// Split attention around one convolution, which gives `radix` chunks of `out` channels. The weights come through a
/// `reduction`th of `x.channels * radix` channels, 32 at least.
block split_attention(
    x,
    out: int,
    kernel: int = 3,
    stride: int = 1,
    radix: int = 2,
    groups: int = 1,
    reduction: int = 4,
    norm: block = bn,
    activation: block = relu,
) {
    x
        -> conv(out * radix, kernel: kernel, stride: stride, groups: groups * radix)
        -> norm
        -> activation
        -> split(radix)
        -> attend(
            max(div(x.channels * radix, reduction), 32),
            groups: groups,
            norm: norm,
            activation: activation,
        )
}
