//! The units of ShuffleNetV2 as Single Path One-Shot chooses among them.
//!
//! The published unit of stride 1 splits its channels in the middle: the first half is carried on, the
//! second is computed; the result joins both and shuffles them in two groups (`std/seeds/shufflenet_v2_x1_0`).
//!
//! That of Single Path One-Shot splits them by turns: the even ones are carried on, the odd ones are
//! computed, and the result joins both. Taking even and odd channels apart at the entry of the next unit
//! is the shuffle.
//!
//! A unit of stride 2 sends the whole input through both branches. There is no activation after a
//! depthwise convolution.

/// Expand 1x1, depthwise `kernel`, project 1x1.
block main_branch(x, out: int, kernel: int, stride: int, mid: int) {
    x
        -> conv(mid) as expand
        -> bn
        -> relu
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> conv(out) as project
        -> bn
        -> relu
}

/// Three depthwise convolutions of size 3, each followed by a 1x1.
block xception_branch(x, out: int, stride: int, mid: int) {
    let y = x
        -> dwconv(3, stride: stride) as depthwise1
        -> bn
        -> conv(mid) as pointwise1
        -> bn
        -> relu
    y = y -> dwconv(3) as depthwise2 -> bn -> conv(mid) as pointwise2 -> bn -> relu
    y -> dwconv(3) as depthwise3 -> bn -> conv(out) as pointwise3 -> bn -> relu
}

/// What carries the input on where the resolution changes.
block projection(x, kernel: int, out: int = x.channels, stride: int = 2) {
    x -> dwconv(kernel, stride: stride) as depthwise -> bn -> conv(out) as project -> bn -> relu
}

/// The unit with one depthwise convolution of size `kernel`; `mid` channels inside.
block unit(x, out: int, kernel: int, stride: int = 1, mid: int = div(out, 2)) {
    if stride == 1 {
        let [carried, rest] = deinterleave(x)
        let main = rest -> main_branch(out - carried.channels, kernel: kernel, stride: 1, mid: mid)
        concat(carried, main)
    } else {
        let main = x -> main_branch(out - x.channels, kernel: kernel, stride: stride, mid: mid)
        let carried = x -> projection(kernel)
        concat(carried, main)
    }
}

/// The unit with three depthwise convolutions of size 3; `mid` channels inside.
block xception(x, out: int, stride: int = 1, mid: int = div(out, 2)) {
    if stride == 1 {
        let [carried, rest] = deinterleave(x)
        let main = rest -> xception_branch(out - carried.channels, stride: 1, mid: mid)
        concat(carried, main)
    } else {
        let main = x -> xception_branch(out - x.channels, stride: stride, mid: mid)
        let carried = x -> projection(3)
        concat(carried, main)
    }
}
