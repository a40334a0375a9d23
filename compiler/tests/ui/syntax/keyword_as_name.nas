// Keywords name nothing.

block down(x, in: int) { //~ E0107
    x -> conv(in, stride: 2)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}
