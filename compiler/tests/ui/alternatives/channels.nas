// Alternatives that disagree for whoever has weights; pooling and activations pass the disagreement on.

space s() {
    input image: [24, 32, 32]
    let y = image -> choose op {
        wide: conv(32, kernel: 3)
        narrow: conv(16, kernel: 3) //~ E0312
        skip: identity
    }
    let z = y -> relu -> max_pool(2)
    output a = z -> conv(8)
    output b = y -> global_pool -> linear(10)
}
