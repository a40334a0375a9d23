// Sizes of resized and grown tensors, and their strides.
//~ show nodes

space s() {
    input image: [3, 17, 33]
    let half = image -> conv(8, kernel: 3, stride: 2)
    let twice = half -> resize(scale: 2)
    let aligned = half -> resize(scale: 2, mode: "bilinear", align_corners: true)
    let third = half -> resize(scale: 0.5)
    let fixed = half -> resize(size: [20, 40], mode: "bilinear")
    let like = third -> resize(like: image)
    let grown = half -> conv_transpose(4, kernel: 4, stride: 2, pad: 1)
    let odd = half -> conv_transpose(4, kernel: 3, stride: 2, output_pad: 1, bias: true)
    require aligned.stride == 1 and twice.stride == 1 and grown.stride == 1, "strides"
    output [a, b, c, d, e, f, g] = [twice, aligned, third, fixed, like, grown, odd]
}
