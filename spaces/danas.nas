//! DA-NAS: a chain of inverted residuals of MobileNetV2's kind, kernel {3, 5, 7} and expansion {3, 6} in each, and
//! nothing at all where the shape stays; 6^6 * 7^10 networks.
//!
//! Source: Dai et al., "DA-NAS: Data Adapted Pruning for Efficient Neural Architecture Search" (ECCV 2020), of which
//! only the abstract is behind this file: candidates are pruned layer by layer while the part of the data that is
//! searched on grows, so that larger sets of candidates can be afforded (`--set augmented=true`).
//!
//! Uncertain: the size has no source. Layers, widths and strides are those of MobileNetV2, the candidates those of the
//! spaces of its time. What an augmented set adds is not known; here it is expansion 1, and squeeze-and-excite beside
//! every candidate.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels; the first changes width or resolution, and cannot be left out.
block stage(x, out: int, stride: int, layers: int, augmented: bool) {
    let expansions = if augmented { [1, 3, 6] } else { [3, 6] }
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        let inside = x.channels
        x = x -> choose op {
            for k in [3, 5, 7], e in expansions {
                "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s)
            }
            if augmented {
                for k in [3, 5, 7], e in expansions {
                    "k{k}_e{e}_se": mbconv(
                        out,
                        kernel: k,
                        expand: e,
                        stride: s,
                        se_reduce: round_to(div(inside * e, 4), 8),
                    )
                }
            }
            if s == 1 and x.channels == out { skip: identity }
        }
    }
    x
}

space danas(classes: int = 1000, size: int = 224, augmented: bool = false) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let separable = stem -> mbconv(16, kernel: 3, expand: 1)
    let s1 = separable -> stage(24, stride: 2, layers: 2, augmented: augmented)
    let s2 = s1 -> stage(32, stride: 2, layers: 3, augmented: augmented)
    let s3 = s2 -> stage(64, stride: 2, layers: 4, augmented: augmented)
    let s4 = s3 -> stage(96, stride: 1, layers: 3, augmented: augmented)
    let s5 = s4 -> stage(160, stride: 2, layers: 3, augmented: augmented)
    let s6 = s5 -> stage(320, stride: 1, layers: 1, augmented: augmented)

    output logits = s6 -> classifier(classes, features: 1280)
}
