//! Blocks for clips, `[C, T, H, W]`: inverted residuals that look along time in one of three ways. Time is never
//! strided.
//!
//! Sources: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR 2018) for the block; Tran et
//! al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition" (CVPR 2018) for the factorised kernel;
//! Lin et al., "TSM: Temporal Shift Module for Efficient Video Understanding" (ICCV 2019) for the shift.

/// An inverted residual with a depthwise kernel of `frames` frames and `kernel` x `kernel` places.
block mbconv3d(
    x,
    out: int,
    frames: int = 3,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
    activation: block = relu6,
) {
    let y = x
    if expand != 1 {
        y = y -> conv(x.channels * expand) as expand -> bn -> activation
    }
    y = y
        -> dwconv([frames, kernel, kernel], stride: [1, stride, stride]) as depthwise
        -> bn
        -> activation
    y = y -> conv(out) as project -> bn
    if stride == 1 and x.channels == out { x + y } else { y }
}

/// The same with the depthwise kernel taken apart, (2+1)D: first over places, then over frames.
block mbconv2plus1d(
    x,
    out: int,
    frames: int = 3,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
    activation: block = relu6,
) {
    let y = x
    if expand != 1 {
        y = y -> conv(x.channels * expand) as expand -> bn -> activation
    }
    y = y
        -> dwconv([1, kernel, kernel], stride: [1, stride, stride]) as spatial
        -> bn
        -> activation
        -> dwconv([frames, 1, 1]) as temporal
        -> bn
        -> activation
    y = y -> conv(out) as project -> bn
    if stride == 1 and x.channels == out { x + y } else { y }
}

/// The same over places alone; some channels are moved by a frame before, one part of `div` back and one forward.
/// The residual carries what was not moved.
block shifted_mbconv(
    x,
    out: int,
    kernel: int = 3,
    expand: int = 6,
    stride: int = 1,
    div: int = 8,
    activation: block = relu6,
) {
    let y = x -> temporal_shift(div: div) as shift
    if expand != 1 {
        y = y -> conv(x.channels * expand) as expand -> bn -> activation
    }
    y = y
        -> dwconv([1, kernel, kernel], stride: [1, stride, stride]) as depthwise
        -> bn
        -> activation
    y = y -> conv(out) as project -> bn
    if stride == 1 and x.channels == out { x + y } else { y }
}
