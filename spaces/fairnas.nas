//! FairNAS: nineteen inverted residuals of MobileNetV2's kind, kernel {3, 5, 7} and expansion {3, 6} in each; 6^19
//! networks.
//!
//! Source: Chu et al., "FairNAS: Rethinking Evaluation Fairness of Weight Sharing Neural Architecture Search" (ICCV
//! 2021), §4, and the published code of its networks, which fixes the widths, the strides and the nineteen layers.
//! FairNAS-A is the seed architecture.
//!
//! Uncertain: only the found networks are published as code, so the list of candidates is that of the paper. A step
//! of strict fairness is quoted for eighteen layers, (6!)^18; the published networks choose in nineteen. The variants
//! with squeeze-and-excite and swish came after the search and are no part of the space.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// One layer for every entry of `seeds`, which names the choices of FairNAS-A; nothing is left out in this space.
block stage(x, out: int, stride: int, seeds: [str]) {
    for i in 0..len(seeds) {
        let s = if i == 0 { stride } else { 1 }
        let seed = seeds[i]
        x = x -> choose op default seed {
            for k in [3, 5, 7], e in [3, 6] {
                "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s)
            }
        }
    }
    x
}

space fairnas(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let separable = stem -> mbconv(16, kernel: 3, expand: 1)
    let s1 = separable -> stage(32, stride: 2, seeds: ["k7_e3", "k3_e3"])
    let s2 = s1 -> stage(40, stride: 2, seeds: ["k7_e3", "k3_e6", "k7_e6", "k3_e3"])
    let s3 = s2 -> stage(80, stride: 2, seeds: ["k3_e3", "k7_e6", "k7_e6", "k5_e3"])
    let s4 = s3 -> stage(96, stride: 1, seeds: ["k3_e6", "k5_e3", "k5_e3", "k3_e6"])
    let s5 = s4 -> stage(192, stride: 2, seeds: ["k3_e6", "k7_e6", "k3_e6", "k7_e6"])
    let s6 = s5 -> stage(320, stride: 1, seeds: ["k5_e6"])

    output logits = s6 -> classifier(classes, features: 1280, drop: 0.2)
}
