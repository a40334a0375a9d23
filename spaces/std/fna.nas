//! The backbone that FNA and FNA++ search, whatever stands on it: MobileNetV2 with a choice of kernel and expansion in
//! every layer.
//!
//! Source: Fang et al., "Fast Neural Network Adaptation via Parameter Remapping and Architecture Search" (ICLR 2020),
//! §4.1, and its published code. A stage is given one candidate per layer, the seed architecture, as the published
//! networks are written.

import "std/mobilenet" { mbconv }

/// The stem and the first stage, which are not searched.
block entry(image) {
    image
        -> conv(32, kernel: 3, stride: 2)
        -> bn
        -> relu6
        -> mbconv(16, kernel: 3, expand: 1) as stage1
}

/// One layer for each name in `seed`. The first may change width and resolution; the others can be left out.
block stage(x, out: int, seed: [str], stride: int = 1, dilation: int = 1) {
    for i in 0..len(seed) {
        let found = seed[i]
        let s = if i == 0 { stride } else { 1 }
        x = x -> choose op default found {
            for k in [3, 5, 7], e in [3, 6] {
                "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s, dilation: dilation)
            }
            if i > 0 { skip: identity }
        }
    }
    x
}

/// An inverted residual of expansion 6 without a shortcut, as what it has after the expansion and what it gives. Its
/// operations are called what those of `mbconv` are, so that the two can be filled from each other.
block tapped(x, out: int, kernel: int, stride: int) {
    let hidden = x
    hidden = hidden -> conv(x.channels * 6) as expand -> bn -> relu6
    let y = hidden
    y = y
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> relu6
        -> conv(out) as project
        -> bn
    [hidden, y]
}

/// A stage that also gives what its first layer has after the expansion. A head reads that, so that its width is
/// fixed: the first layer chooses its kernel alone.
block tapped_stage(x, out: int, seed: [str], stride: int = 1) {
    let tap = x
    for i in 0..len(seed) {
        let found = seed[i]
        if i == 0 {
            let op = x -> choose op default found {
                for k in [3, 5, 7] { "k{k}_e6": tapped(out, kernel: k, stride: stride) }
            }
            tap = op[0]
            x = op[1]
        } else {
            x = x -> choose op default found {
                for k in [3, 5, 7], e in [3, 6] { "k{k}_e{e}": mbconv(out, kernel: k, expand: e) }
                skip: identity
            }
        }
    }
    [tap, x]
}
