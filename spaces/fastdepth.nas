//! FastDepth: depth from one image by MobileNetV1 and a decoder that doubles the resolution five times; on images of
//! 224x224 736,658,944 multiply-adds and 3,960,930 parameters. `join` says what the decoder does with the features of
//! the encoder: "add", "concat" (848,852,480 and 4,016,034) or "none"; with `separable: false` it has dense
//! convolutions of 5x5, without joins (3,780,585,984 and 20,668,194).
//!
//! Source: Wofk et al., "FastDepth: Fast Monocular Depth Estimation on Embedded Systems" (ICRA 2019), §3, and its
//! published code. The encoder ends with 1024 features at a stride of 32.

/// A separable unit of V1.
block unit(x, out: int, stride: int = 1) {
    x
        -> dwconv(3, stride: stride) as depthwise
        -> bn
        -> relu6
        -> conv(out) as pointwise
        -> bn
        -> relu6
}

/// A level of the decoder, before the resolution is doubled.
block level(x, out: int, separable: bool) {
    if separable {
        x -> dwconv(5) as depthwise -> bn -> relu -> conv(out) as pointwise -> bn -> relu
    } else {
        x -> conv(out, kernel: 5) -> bn -> relu
    }
}

network fastdepth(size: int = 224, join: str = "add", separable: bool = true) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let e1 = stem -> unit(64)
    let e2 = e1 -> unit(128, stride: 2)
    let e3 = e2 -> unit(128)
    let e4 = e3 -> unit(256, stride: 2)
    let e5 = e4 -> unit(256)
    let e6 = e5 -> unit(512, stride: 2)
    for i in 0..5 as middle { e6 = e6 -> unit(512) }
    let x = e6 -> unit(1024, stride: 2) as e12 -> unit(1024) as e13

    for [width, skips] in [[512, []], [256, [e5]], [128, [e3]], [64, [e1]], [32, []]] as decode {
        x = x -> level(width, separable: separable) -> resize(scale: 2)
        for skip in skips {
            x = match join { "add": x + skip, "concat": concat(x, skip), "none": x }
        }
    }

    output depth = x -> conv(1) as point -> bn -> relu
}
