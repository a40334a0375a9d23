// Beside two spaces a remap could be either's.
//~ compile a

network seed() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

space a() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

space b() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

remap seed {} //~ E0601
