//! The blocks of ReActNet, with normalisation, without any, and without it but scaled so that variances stay put.
//!
//! Sources: Liu et al., "ReActNet: Towards Precise Binary Neural Network with Generalized Activation Functions" (ECCV
//! 2020); Chen et al., "BNN - BN = ?: Training Binary Neural Networks without Batch Normalization" (CVPR Workshops
//! 2021), and its published code, whose three settings of a norm these are:
//!
//! - `"bn"`: plain weights, batch normalisation behind every convolution;
//! - `"none"`: plain weights and nothing in its place;
//! - `"free"`: standardised weights with a gain; what a convolution reads is divided by its expected deviation (the
//!   factors `before` of a block), and what it gives is multiplied by `alpha`.
//!
//! Inputs of the convolutions are binary everywhere. `weights: "real"` leaves the weights real, as the first phase of
//! training does.

/// The factor on what a convolution gives in the setting `"free"`.
const ALPHA = 0.2

/// One convolution without bias, and what stands behind it.
block binary_layer(
    x,
    out: int,
    kernel: int,
    stride: int = 1,
    norm: str = "bn",
    weights: str = "binary",
) {
    let y = if weights == "binary" {
        x -> binary_conv(out, kernel: kernel, stride: stride, standardise: norm == "free") as conv
    } else if norm == "free" {
        x -> ws_conv(out, kernel: kernel, stride: stride) as conv
    } else {
        x -> conv(out, kernel: kernel, stride: stride)
    }
    match norm {
        "bn": y -> bn
        "free": y -> scale(by: ALPHA)
        _: y
    }
}

/// A block of ReActNet-A: a 3x3 at the width of its input and a 1x1, each with a shortcut around it. Where the width
/// doubles two 1x1 stand side by side, their results joined. A block of stride 2 averages its shortcut.
///
/// `before` holds the factors on what the two convolutions read; they are 1 outside the setting `"free"`.
block react(
    x,
    out: int,
    stride: int = 1,
    norm: str = "bn",
    weights: str = "binary",
    before: [float] = [1.0, 1.0],
) {
    let scaled = if before[0] == 1.0 { x } else { x -> scale(by: before[0]) as scale1 }
    let main = scaled
        -> rsign as sign1
        -> binary_layer(
            x.channels,
            kernel: 3,
            stride: stride,
            norm: norm,
            weights: weights,
        ) as spatial
    let carried = if stride == 1 { x } else { scaled -> avg_pool(stride, stride: stride, pad: 0) }
    let y = carried + main -> rprelu as act1
    let read = if before[1] == 1.0 { y } else { y -> scale(by: before[1]) as scale2 }
    let signs = read -> rsign as sign2
    let halves = for i in 0..div(out, x.channels) as pointwise {
        y + (signs -> binary_layer(x.channels, kernel: 1, norm: norm, weights: weights))
    }
    concat(halves) -> rprelu as act2
}

/// A block of ReActNet-18: one 3x3 with a shortcut around it, which averages and has a 1x1 where the resolution changes.
/// That 1x1 reads real values; its weights are binary as the others are.
block react_basic(
    x,
    out: int,
    stride: int = 1,
    norm: str = "bn",
    weights: str = "binary",
    before: float = 1.0,
) {
    let scaled = if before == 1.0 { x } else { x -> scale(by: before) }
    let main = scaled
        -> rsign as sign
        -> binary_layer(out, kernel: 3, stride: stride, norm: norm, weights: weights) as spatial
    let carried = if stride == 1 and x.channels == out {
        x
    } else {
        scaled
            -> avg_pool(stride, stride: stride, pad: 0)
            -> shortcut(out, norm: norm, weights: weights)
    }
    carried + main -> rprelu as act
}

/// The 1x1 of a shortcut; the setting `"free"` does not damp it.
block shortcut(x, out: int, norm: str, weights: str) {
    let y = if weights == "binary" {
        x -> binary_conv(out, standardise: norm == "free") as conv
    } else if norm == "free" {
        x -> ws_conv(out) as conv
    } else {
        x -> conv(out)
    }
    if norm == "bn" { y -> bn } else { y }
}

/// The first convolution, with real weights.
block entry(x, out: int, kernel: int, norm: str = "bn") {
    match norm {
        "bn": x -> conv(out, kernel: kernel, stride: 2) -> bn
        "free": x -> ws_conv(out, kernel: kernel, stride: 2) as conv
        _: x -> conv(out, kernel: kernel, stride: 2)
    }
}
