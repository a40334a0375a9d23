// A linear layer reads no space.

space s() {
    input image: [3, 8, 8]
    output o = image -> conv(8) -> linear(10) //~ E0314
    output p = image -> global_pool -> linear(10)
}
