//! The blocks of the MobileNet family: separable convolutions (V1), inverted residuals (V2), and inverted
//! residuals with squeeze-and-excite (V3).

import "std/attention" { se }

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

/// A stage of V2, and of what follows it: `layers` inverted residuals that end in `out` channels, the first with the
/// stride of the stage.
block stage(
    x,
    out: int,
    layers: int,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
    round: int = 1,
    activation: block = relu6,
) {
    for i in 0..layers {
        x = x -> mbconv(
            out,
            kernel: kernel,
            expand: expand,
            stride: if i == 0 { stride } else { 1 },
            round: round,
            activation: activation,
        )
    }
    x
}

/// A stage of V3: one inverted residual for each width in `hidden`, the first with the stride of the stage. A layer as
/// narrow inside as its input has no expansion. Squeeze-and-excite goes down to a quarter of the hidden width, in
/// multiples of 8.
block stage_v3(
    x,
    out: int,
    hidden: [int],
    kernel: int = 3,
    stride: int = 1,
    squeeze: bool = false,
    activation: block = hswish,
) {
    for i in 0..len(hidden) {
        let width = hidden[i]
        x = x -> mbconv(
            out,
            kernel: kernel,
            expand: if width == x.channels { 1 } else { 6 },
            stride: if i == 0 { stride } else { 1 },
            hidden: width,
            activation: activation,
            se_reduce: if squeeze { round_to(div(width, 4), 8) } else { 0 },
        )
    }
    x
}
