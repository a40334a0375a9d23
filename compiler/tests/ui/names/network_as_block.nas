// A whole network is no block.

network tiny() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> tiny //~ E0215
}
//~ compile s
