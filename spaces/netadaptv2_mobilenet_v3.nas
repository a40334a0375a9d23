//! NetAdaptV2 on a widened MobileNetV3-Large: in each of twenty-one inverted residuals how many filters are left, none
//! where the residual carries the input on, and a kernel out of {3, 5, 7} cut from the super-kernel; 10^2 * 36 * 43^2 *
//! 42 * 70^3 * 69 * 58 * 55^3 * 135 * 190^2 * 189 * 271^3 networks, about 1.2 * 10^39. The seed architecture is the
//! widest, from which a search goes down.
//!
//! Source: Yang et al., "NetAdaptV2: Efficient Neural Architecture Search with Fast Super-Network Training and
//! Architecture Optimization" (CVPR 2021): an initial network derived from MobileNetV3, widened, with kernels of size
//! 7, of which all samples are parts. Depth needs no decision of its own.
//!
//! Uncertain: the initial network has no source. Here it is MobileNetV3-Large with hidden widths half as
//! wide again in multiples of 8, kernels of 7, and one residual block more in each stage; stem, end, and the widths
//! between the blocks stay as they are. Units of more than 256 filters go down by 16.

import "std/head" { classifier }
import "std/netadapt" { inverted }

/// One block for each published hidden width and one more like the last; the first has the stride of the stage.
block stage(
    x,
    out: int,
    hidden: [int],
    stride: int = 1,
    squeeze: bool = false,
    activation: block = hswish,
) {
    for i in 0..=len(hidden) {
        let published = hidden[min(i, len(hidden) - 1)]
        x = x -> inverted(
            out,
            filters: round_to(published * 1.5, 8),
            stride: if i == 0 { stride } else { 1 },
            activation: activation,
            squeeze: squeeze,
        )
    }
    x
}

space netadaptv2_mobilenet_v3(classes: int = 1000, size: int = 224) {
    defaults bn { eps: 0.001, momentum: 0.01 }

    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> hswish
    let s1 = stem -> stage(16, hidden: [16], activation: relu)
    let s2 = s1 -> stage(24, hidden: [64, 72], stride: 2, activation: relu)
    let s3 = s2 -> stage(40, hidden: [72, 120, 120], stride: 2, squeeze: true, activation: relu)
    let s4 = s3 -> stage(80, hidden: [240, 200, 184, 184], stride: 2)
    let s5 = s4 -> stage(112, hidden: [480, 672], squeeze: true)
    let s6 = s5 -> stage(160, hidden: [672, 960, 960], stride: 2, squeeze: true)

    output logits = s6 -> classifier(
        classes,
        features: 960,
        hidden: 1280,
        drop: 0.2,
        activation: hswish,
    )
}
