//! A small space for the built-in pictures: in every layer a kernel and, but in the first of a stage, the choice to leave it
//! out; in every stage an elastic width. A supernet of it trains in two minutes on two processor cores.

import "std/head" { classifier }
import "std/mobilenet" { mbconv }

/// `layers` layers of `out` channels; the hidden width is one decision for the whole stage.
block stage(x, out: int, layers: int, stride: int) {
    let expand = choose expand in {2, 3, 4}
    for i in 0..layers {
        let kernel = choose kernel in {1, 3, 5}
        if i == 0 {
            x = x -> mbconv(out, kernel: kernel, expand: expand, stride: stride)
        } else {
            x = x -> choose op prior {conv: 0.75, skip: 0.25} {
                conv: mbconv(out, kernel: kernel, expand: expand)
                skip: identity
            }
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

    limit macs <= 2.5M
}
