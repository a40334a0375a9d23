//! Branches own their weights, and an alternative may be guarded: where the shape changes, nothing can be skipped.

import "std/mobilenet" { mbconv, separable }

block layer(x, out: int, stride: int = 1) {
    x -> choose op {
        for expand in [2, 4] {
            "mb{expand}": mbconv(out, expand: expand, stride: stride)
        }
        separable: separable(out, stride: stride)
        if stride == 1 and x.channels == out { skip: identity }
    }
}

space branches(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let x = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    for width in [16, 32, 64] {
        x = x -> layer(width, stride: if width == 16 { 1 } else { 2 }) as enter
        x = x -> layer(width) as stay
    }

    output logits = x -> global_pool -> linear(classes)
}
