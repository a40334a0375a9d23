//! Once-for-all on MobileNetV3: elastic resolution, depth, kernel and expansion; 7371^5 networks at each of
//! twenty-five resolutions. The widest setting of every decision is the seed architecture.
//!
//! Source: Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment" (ICLR 2020),
//! §4.1, and its published code. The published supernets have the width 1.0 and 1.2 (`--set width=1.2`).
//!
//! A smaller kernel is made of the centre of the next larger one by a learned matrix, as published; a network has the
//! kernels that the matrices make. The hidden width of squeeze-and-excite follows the expansion that is taken, as in
//! the published networks. Widths keep leading channels; the published training sorts them first.

import "std/mobilenet" { mbconv }

/// Up to four blocks, of which the first `depth` exist; kernel and expansion are decided in each.
block stage(x, out: int, stride: int, activation: block, squeeze: bool = false) {
    let depth = choose depth in {2, 3, 4} default 4
    for i in 0..depth {
        let kernel = choose kernel in {3, 5, 7} default 7 @transform
        let expand = choose expand in {3, 4, 6} default 6
        let hidden = round_to(x.channels * expand, 8)
        x = x -> mbconv(
            out,
            kernel: kernel,
            hidden: hidden,
            stride: if i == 0 { stride } else { 1 },
            activation: activation,
            se_reduce: if squeeze { round_to(div(hidden, 4), 8) } else { 0 },
        )
    }
    x
}

space ofa_mobilenet_v3(classes: int = 1000, width: float = 1.0) {
    let resolution = choose resolution in 128..=224 step 4 default 224
    input image: [3, resolution, resolution]

    let w = for base in [16, 24, 40, 80, 112, 160, 960, 1280] { round_to(base * width, 8) }
    let stem = image -> conv(w[0], kernel: 3, stride: 2) -> bn -> hswish
    let first = stem -> mbconv(w[0], kernel: 3, expand: 1, activation: relu)
    let s1 = first -> stage(w[1], stride: 2, activation: relu)
    let s2 = s1 -> stage(w[2], stride: 2, activation: relu, squeeze: true)
    let s3 = s2 -> stage(w[3], stride: 2, activation: hswish)
    let s4 = s3 -> stage(w[4], stride: 1, activation: hswish, squeeze: true)
    let s5 = s4 -> stage(w[5], stride: 2, activation: hswish, squeeze: true)
    let last = s5 -> conv(w[6]) -> bn -> hswish

    output logits = last
        -> global_pool
        -> linear(w[7], bias: false)
        -> hswish
        -> dropout(0.1)
        -> linear(classes)
}
