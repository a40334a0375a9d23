// Every mistake of a remap is told.
//~ compile s

network seed() {
    input image: [3, 32, 32]
    let stem = image -> conv(8) -> relu
    output y = stem
}

space s() {
    input image: [3, 32, 32]
    let first = image -> conv(8) -> relu
    output y = first

    remap seed {
        depth: lst //~ E0603
        widht: l1 //~ E0603
        kernel: center
        kernel: none //~ E0605
        firts from stem //~ E0604
        first from stam //~ E0604
        first from stem //~ E0605
    }
}
