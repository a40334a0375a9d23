//! A space around MobileNetV2: kernel {3, 5, 7} and expansion {3, 6} for every inverted residual, and `skip` for all
//! but the first of a stage. The seed architecture is MobileNetV2 itself.
//!
//! Source: the macro-architecture of Sandler et al., "MobileNetV2" (CVPR 2018), as torchvision builds it; the candidate
//! list is the one that ProxylessNAS and FNA made common. Four layers in every stage but the last.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels, of which the seed has the first `depth`.
block stage(x, out: int, stride: int, depth: int, layers: int = 4) {
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        let seed = if i < depth { "k3_e6" } else { "skip" }
        x = x -> choose op default seed {
            for k in [3, 5, 7], e in [3, 6] {
                "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s)
            }
            if i > 0 { skip: identity }
        }
    }
    x
}

space mobilenet_v2(classes: int = 1000, size: int = 224) {
    input image: [3, size, size]

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let s1 = stem -> mbconv(16, kernel: 3, expand: 1)
    let s2 = s1 -> stage(24, stride: 2, depth: 2)
    let s3 = s2 -> stage(32, stride: 2, depth: 3)
    let s4 = s3 -> stage(64, stride: 2, depth: 4)
    let s5 = s4 -> stage(96, stride: 1, depth: 3)
    let s6 = s5 -> stage(160, stride: 2, depth: 3)
    let s7 = s6 -> stage(320, stride: 1, depth: 1, layers: 1)

    output logits = s7 -> classifier(classes, features: 1280, drop: 0.2)
}
