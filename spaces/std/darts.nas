//! The operations of DARTS: separable and dilated convolutions that begin with their activation, pooling, and the
//! reduction that a skip connection becomes where the resolution halves.
//!
//! Source: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search" (ICLR 2019), §3.1, and its published
//! code, from which NAS-Bench-201 and many others have taken them.

/// ReLU, a convolution, and a normalisation: what brings an input of a cell to the cell's width.
block relu_conv_bn(x, out: int, kernel: int = 1, stride: int = 1) {
    x -> relu -> conv(out, kernel: kernel, stride: stride) -> bn
}

/// Twice a depthwise convolution and a 1x1; the first depthwise has the stride.
block sep_conv(x, out: int, kernel: int, stride: int = 1) {
    x
        -> relu
        -> dwconv(kernel, stride: stride) as depthwise1
        -> conv(x.channels) as pointwise1
        -> bn
        -> relu
        -> dwconv(kernel) as depthwise2
        -> conv(out) as pointwise2
        -> bn
}

/// A dilated depthwise convolution and a 1x1.
block dil_conv(x, out: int, kernel: int, stride: int = 1, dilation: int = 2) {
    x
        -> relu
        -> dwconv(kernel, stride: stride, dilation: dilation) as depthwise
        -> conv(out) as pointwise
        -> bn
}

/// Half the resolution by two 1x1 of stride 2, each half of the width.
///
/// The published code lets the second read the positions that the first leaves out, shifted by one; here both read the
/// same. Costs and parameters are equal.
block factorised_reduce(x, out: int) {
    let y = x -> relu
    let halves = concat(
        y -> conv(div(out, 2), stride: 2) as first,
        y -> conv(out - div(out, 2), stride: 2) as second,
    )
    halves -> bn
}

/// A skip connection: nothing, or a reduction.
block skip(x, stride: int = 1) {
    if stride == 1 { x } else { x -> factorised_reduce(x.channels) }
}

/// The candidate `op` by its published name, at the width of its input; `none` is not among them.
block candidate(x, op: str, stride: int = 1) {
    x -> match op {
        "max_pool_3x3": max_pool(3, stride: stride)
        "avg_pool_3x3": avg_pool(3, stride: stride, count_pad: false)
        "skip_connect": skip(stride)
        "sep_conv_3x3": sep_conv(x.channels, kernel: 3, stride: stride)
        "sep_conv_5x5": sep_conv(x.channels, kernel: 5, stride: stride)
        "dil_conv_3x3": dil_conv(x.channels, kernel: 3, stride: stride)
        "dil_conv_5x5": dil_conv(x.channels, kernel: 5, stride: stride)
    }
}
