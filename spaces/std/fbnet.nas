//! The blocks of the FBNet family, as the published networks of FBNet, FBNetV2 and FBNetV3 are built of them.
//!
//! Source: the published code of these networks. Widths are rounded to multiples of 8, up where rounding down would
//! lose more than a twentieth.

import "std/attention" { se }

/// An inverted residual: expand 1x1, depthwise `kernel`, optional squeeze-and-excite to a quarter of the hidden width,
/// project 1x1; a residual joins where shape and stride allow. There is no expansion where it would change nothing.
///
/// `lean` takes the quarter from the width before the expansion; `groups` splits the two 1x1 and shuffles between the
/// first, which may be missing, and the depthwise convolution.
block irf(
    x,
    out: int,
    kernel: int = 3,
    stride: int = 1,
    expand: float = 6.0,
    activation: block = relu,
    squeeze: bool = false,
    lean: bool = false,
    groups: int = 1,
    bias: bool = false,
    pad: int = div(kernel, 2),
    inner: block = activation,
) {
    let hidden = round_to(x.channels * expand, 8, guard: 0.95)
    let y = x
    if hidden != x.channels {
        y = y -> conv(hidden, groups: groups, bias: bias) as expand -> bn -> activation
    }
    if groups > 1 { y = y -> shuffle(groups: groups) }
    y = y -> dwconv(kernel, stride: stride, pad: pad, bias: bias) as depthwise -> bn -> activation
    if squeeze {
        let ratio = if lean { 0.25 / expand } else { 0.25 }
        y = y -> se(round_to(trunc(hidden * ratio), 8, guard: 0.95), activation: inner)
    }
    y = y -> conv(out, groups: groups, bias: bias) as project -> bn
    if stride == 1 and x.channels == out { x + y } else { y }
}

/// A layer that is left out; a 1x1 where the width or the resolution changes.
block skip(x, out: int, stride: int = 1) {
    if stride == 1 and x.channels == out { x } else { x -> conv(out, stride: stride) -> bn -> relu }
}

/// What ends a network: 1x1 to `expand` times the width, the mean over all positions, 1x1 without normalisation.
block ir_pool(x, out: int, expand: float = 6.0, activation: block = hswish) {
    let hidden = round_to(x.channels * expand, 8, guard: 0.95)
    let y = x -> conv(hidden) as expand -> bn -> activation
    y -> global_pool -> conv(out) as project -> activation
}
