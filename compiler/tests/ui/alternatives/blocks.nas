// A choice of blocks is decided once and applied as often as one likes, each time with tensors of its own.
//~ show decisions nodes

space s() {
    input image: [4, 8, 8]
    let layer = choose layer { small: conv(4), large: conv(4, kernel: 3) }
    let a = image -> layer
    output y = a -> layer
}
