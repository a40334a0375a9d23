// What a resize or a transposed convolution cannot do.

space s() {
    input image: [3, 8, 8]
    let none = image -> resize //~ E0326
    let two = image -> resize(scale: 2, size: 4) //~ E0326
    let mode = image -> resize(scale: 2, mode: "cubic") //~ E0326
    let corners = image -> resize(scale: 2, align_corners: true) //~ E0326
    let small = image -> resize(scale: 0.01) //~ E0306
    let pad = image -> conv_transpose(8, kernel: 3, stride: 2, output_pad: 2) //~ E0306
    let cut = image -> conv_transpose(8, kernel: 3, pad: 9) //~ E0307
    output [a, b, c] = [small, pad, cut]
}
