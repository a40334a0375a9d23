// One seed for one space.
//~ compile s

network seed() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)

    remap seed {}
    remap seed { depth: last } //~ E0601
}
