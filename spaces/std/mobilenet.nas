//! The blocks of the MobileNet family: separable convolutions (V1), inverted residuals (V2), and inverted
//! residuals with squeeze-and-excite (V3).

/// Squeeze and excite: a weight per channel, computed from the mean of every channel.
block se(x, reduce: int, gate: block = hsigmoid) {
    let weight = x
        -> global_pool
        -> conv(reduce, bias: true) as reduce
        -> relu
        -> conv(x.channels, bias: true) as expand
        -> gate
    x * weight
}

/// V1: depthwise `kernel`, then 1x1.
block separable(x, out: int, kernel: int = 3, stride: int = 1, activation: block = relu) {
    x
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> activation
        -> conv(out) as pointwise
        -> bn
        -> activation
}

/// V2 and V3: expand 1x1, depthwise `kernel`, optional squeeze-and-excite, project 1x1. A residual joins where shape
/// and stride allow. The hidden width is `x.channels * expand`, rounded to a multiple of `round` (V2: 1, V3: 8), or
/// `hidden` where that is given.
block mbconv(
    x,
    out: int,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
    dilation: int = 1,
    round: int = 1,
    hidden: int = round_to(x.channels * expand, round),
    activation: block = relu6,
    se_reduce: int = 0,
) {
    let y = x
    if expand != 1 {
        y = y -> conv(hidden) as expand -> bn -> activation
    }
    y = y -> dwconv(kernel, stride: stride, dilation: dilation) as depthwise -> bn -> activation
    if se_reduce > 0 {
        y = y -> se(se_reduce)
    }
    y = y -> conv(out) as project -> bn
    if stride == 1 and x.channels == out { x + y } else { y }
}
