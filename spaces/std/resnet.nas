//! The blocks of the residual networks.
//!
//! The stride of a bottleneck is that of its 3x3, as in the networks that are known as version 1.5; He et al. put it
//! into the first 1x1. The shortcut is a 1x1 where width or resolution change, and nothing elsewhere.

/// What carries the input on: a 1x1 where `out` or `stride` ask for one.
block shortcut(x, out: int, stride: int) {
    if stride == 1 and x.channels == out { x } else { x -> conv(out, stride: stride) -> bn }
}

/// Two convolutions of size `kernel`.
block basic(
    x,
    out: int,
    kernel: int = 3,
    stride: int = 1,
    carried: block = shortcut(out, stride: stride),
) {
    let y = x
    y = y -> conv(out, kernel: kernel, stride: stride) as conv1 -> bn as bn1 -> relu
    y = y -> conv(out, kernel: kernel) as conv2 -> bn as bn2
    y + (x -> carried as shortcut) -> relu
}

/// 1x1 to `mid` channels, a convolution of size `kernel` in `groups` groups, 1x1 to `out` channels.
block bottleneck(
    x,
    out: int,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    mid: int = div(out, 4),
    carried: block = shortcut(out, stride: stride),
) {
    let y = x
    y = y -> conv(mid) as conv1 -> bn as bn1 -> relu
    y = y
        -> conv(mid, kernel: kernel, stride: stride, dilation: dilation, groups: groups) as conv2
        -> bn as bn2
        -> relu
    y = y -> conv(out) as conv3 -> bn as bn3
    y + (x -> carried as shortcut) -> relu
}

/// What comes before the stages: a 7x7 and a pooling, down to a quarter of the resolution.
block entry(x, out: int = 64) {
    x -> conv(out, kernel: 7, stride: 2) -> bn -> relu -> max_pool(3, stride: 2)
}
