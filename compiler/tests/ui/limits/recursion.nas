// A block that calls itself without an end.

block deeper(x, levels: int) {
    x -> conv(8) -> deeper(levels - 1) //~ E0206
}

space s() {
    input image: [3, 32, 32]
    output y = image -> deeper(3)
}
