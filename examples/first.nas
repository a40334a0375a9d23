//! The smallest useful space: three layers, each with a choice of kernel, under a budget.
//!
//! `nasc show examples/first.nas` lists its decisions, `nasc run examples/first.nas` trains and searches it.

space first(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let x = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    for i in 0..3 {
        let kernel = choose kernel in {1, 3, 5}
        x = x -> conv(16 * (i + 1), kernel: kernel, stride: min(i + 1, 2)) as layer -> bn -> relu
    }

    output logits = x -> global_pool -> linear(classes)

    limit macs <= 1.5M
}
