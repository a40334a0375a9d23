//! A small space for the built-in pictures: in every layer a kernel and, but in the first of a stage, the choice to leave it
//! out; in every stage an elastic width. A supernet of it trains in two minutes on two processor cores.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels; the hidden width is one decision for the whole stage.
block stage(x, out: int, layers: int, stride: int) {
    let expand = choose expand in {2, 3, 4}
    for i in 0..layers {
        let s = if i == 0 { stride } else { 1 }
        let kernel = choose kernel in {3, 5, 7}
        x = x -> choose op {
            conv: mbconv(out, kernel: kernel, expand: expand, stride: s)
            if i > 0 { skip: identity }
        }
    }
    x
}

space demo(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu6
    let s1 = stem -> stage(16, layers: 2, stride: 1)
    let s2 = s1 -> stage(32, layers: 3, stride: 2)
    let s3 = s2 -> stage(64, layers: 3, stride: 2)

    output logits = s3 -> classifier(classes, features: 128, drop: 0.1)

    limit macs <= 3M
}
