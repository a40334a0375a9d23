// A remap inside of a block, a loop or beside two spaces belongs to nothing.
//~ compile s

network seed() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

block layer(x) {
    remap seed {} //~ E0601
    x -> conv(8)
}

space s() {
    input image: [3, 32, 32]
    for i in 0..2 { remap seed {} } //~ E0601
    output y = image -> layer
}
