//! From a small network for the built-in pictures to a space of deeper and wider ones, as FNA adapts MobileNetV2: every
//! layer chooses its kernel and its expansion, and all but the first of a stage can be left out; 4^3 * 5^6 networks. Its
//! supernet and the network that is found begin with the weights of the small one.

import "std/head" { classifier }
import "std/mobilenet" { mbconv, stage as fixed }

/// What is known before the search: two layers in every stage, small kernels, narrow inside.
network demo_seed(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu6
    let stage1 = stem -> fixed(16, layers: 2, expand: 2)
    let stage2 = stage1 -> fixed(24, layers: 2, expand: 2, stride: 2)
    let stage3 = stage2 -> fixed(40, layers: 2, expand: 2, stride: 2)

    output logits = stage3 -> classifier(classes, features: 128, drop: 0.1)
}

/// Three layers; the seed architecture is the small network's first two.
block stage(x, out: int, stride: int) {
    for i in 0..3 {
        let known = if i < 2 { "k3_e2" } else { "skip" }
        x = x -> choose op default known {
            for k in [3, 5], e in [2, 4] {
                "k{k}_e{e}": mbconv(
                    out,
                    kernel: k,
                    expand: e,
                    stride: if i == 0 { stride } else { 1 },
                )
            }
            if i > 0 { skip: identity }
        }
    }
    x
}

space demo_fna(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu6
    let s1 = stem -> stage(16, stride: 1)
    let s2 = s1 -> stage(24, stride: 2)
    let s3 = s2 -> stage(40, stride: 2)

    output logits = s3 -> classifier(classes, features: 128, drop: 0.1)

    remap demo_seed(classes: classes, size: size) {
        depth: last
        width: first
        kernel: center
        fill: zero
        slots: skips_last
        s1 from stage1
        s2 from stage2
        s3 from stage3
    }
}
