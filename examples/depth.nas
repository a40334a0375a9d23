//! Elastic depth: how many layers a stage has is a decision, and what a layer decides exists only where the layer does.

block stage(x, out: int, most: int) {
    x = x -> conv(out, kernel: 3, stride: 2) as reduce -> bn -> relu
    let depth = choose depth in {1, 2, 3}
    for i in 0..most {
        if i < depth {
            let kernel = choose kernel in {3, 5}
            x = x + (x -> dwconv(kernel) -> bn -> relu -> conv(out) as project -> bn)
        }
    }
    x
}

space depth(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let s1 = image -> stage(24, most: 3)
    let s2 = s1 -> stage(48, most: 3)

    output logits = s2 -> global_pool -> linear(classes)
}
