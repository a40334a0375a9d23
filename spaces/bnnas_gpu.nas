//! BN-NAS, the space of its published code: seventeen inverted residuals, kernel {3, 5, 7} and expansion {3, 6} in
//! each; 6^17 networks. The seed architecture is the published network.
//!
//! Source: Chen et al., "BN-NAS: Neural Architecture Search with Batch Normalization" (ICCV 2021), and its published
//! code, in the "GPU" variant. Twenty-one layers are laid out and four of them (1, 5, 6 and 9) are identities in
//! every network: depth is not searched, but the supernet holds their candidates too, 27,684,320 scalars together.
//!
//! The published cap of 475 M counts the classifier as 2 * 1728 - 1 operations for each class; without the additions
//! that is the limit below. The networks are trained alone with a dropout of 0.2; the supernet has none.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// What the published lists of numbers stand for; -1 is the identity.
const CANDIDATES = ["k3_e3", "k3_e6", "k5_e3", "k5_e6", "k7_e3", "k7_e6"]

/// A layer for every entry of `found`, the choices of the published network.
block stage(x, out: int, stride: int, found: [int]) {
    for i in 0..len(found) {
        let s = if i == 0 { stride } else { 1 }
        let left_out = false
        if found[i] < 0 {
            left_out = choose left_out in {true, false} default true
            forbid not left_out
        }
        let seed = CANDIDATES[max(found[i], 0)]
        if not left_out {
            x = x -> choose op default seed {
                for k in [3, 5, 7], e in [3, 6] {
                    "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s)
                }
            }
        }
    }
    x
}

space bnnas_gpu(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(40, kernel: 3, stride: 2) -> bn -> relu6
    let first = stem -> mbconv(24, kernel: 3, expand: 1)
    let s1 = first -> stage(32, stride: 2, found: [3, -1, 0, 4])
    let s2 = s1 -> stage(56, stride: 2, found: [0, -1, -1, 0])
    let s3 = s2 -> stage(112, stride: 2, found: [4, -1, 4, 4])
    let s4 = s3 -> stage(128, stride: 1, found: [1, 4, 2, 0])
    let s5 = s4 -> stage(256, stride: 2, found: [0, 4, 0, 2])
    let s6 = s5 -> stage(432, stride: 1, found: [2])

    output logits = s6 -> classifier(classes, features: 1728, drop: 0.2)

    limit macs <= 473_273K
}
