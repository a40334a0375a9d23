// A tensor has the dimensions of its shape.

space s() {
    input image: [3, 32, 32]
    let a = image.depth //~ E0222
    let b = (image -> global_pool -> linear(10)).height //~ E0222
    output y = image
}
