// What makes no channels does not exist: in networks of width 0 neither the convolution nor its norm.
//~ show graph

space s() {
    input image: [3, 8, 8]
    let w = choose width in {0, 8}
    let y = image -> conv(w) -> bn
    output o = concat(image, y) -> conv(8)
}
