// Learned matrices between the kernels of a depthwise convolution.
//~ show params

space s() {
    input image: [3, 8, 8]
    let k = choose kernel in {3, 5, 7} @transform
    let plain = image -> conv(8, kernel: k)
    output o = plain -> dwconv(k) -> dwconv(3)
}
