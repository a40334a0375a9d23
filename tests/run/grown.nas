//! A small network, and a space of wider kernels and one more layer that takes its weights.

block layer(x, out: int, kernel: int = 3) {
    x -> conv(out, kernel: kernel) -> bn -> relu
}

network small(classes: int = 10) {
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3, stride: 2) -> bn -> relu
    let body = stem
    for i in 0..2 as stage { body = body -> layer(8) }
    output logits = body -> global_pool -> linear(classes)
}

space grown(classes: int = 10) {
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3, stride: 2) -> bn -> relu
    let body = stem
    for i in 0..3 as stage {
        body = body -> choose op {
            k3: layer(8)
            k5: layer(8, kernel: 5)
        }
    }
    output logits = body -> global_pool -> linear(classes)
    remap small(classes: classes) { depth: last }
}
