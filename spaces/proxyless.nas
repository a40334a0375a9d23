//! ProxylessNAS: twenty-one inverted residuals, kernel {3, 5, 7} and expansion {3, 6} in each, and `zero` where the
//! block has a shortcut, so that depth is searched too; 6^6 * 7^15 networks.
//!
//! Source: Cai, Zhu and Han, "ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware" (ICLR
//! 2019), §4.2, and its published search code, whose default widths these are. The published
//! mobile network has 32 channels in the first stage (`--set first=32`), and the other widths as here.
//!
//! A block whose candidate is `zero` keeps its shortcut alone, which is what `skip` says. The search weighs the
//! accuracy with a measured latency; there is no hard limit.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels; the first changes width or resolution, and cannot be left out.
block stage(x, out: int, stride: int, layers: int = 4) {
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        x = x -> choose op {
            for k in [3, 5, 7], e in [3, 6] {
                "k{k}_e{e}": mbconv(out, kernel: k, expand: e, stride: s)
            }
            if s == 1 and x.channels == out { skip: identity }
        }
    }
    x
}

space proxyless(classes: int = 1000, size: int = 224, first: int = 24) {
    input image: [3, size, size]
    defaults bn { eps: 1e-3 }

    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let separable = stem -> mbconv(16, kernel: 3, expand: 1)
    let s1 = separable -> stage(first, stride: 2)
    let s2 = s1 -> stage(40, stride: 2)
    let s3 = s2 -> stage(80, stride: 2)
    let s4 = s3 -> stage(96, stride: 1)
    let s5 = s4 -> stage(192, stride: 2)
    let s6 = s5 -> stage(320, stride: 1, layers: 1)

    output logits = s6 -> classifier(classes, features: 1280)
}
