// One of several is named, and its parameter set.
//~ compile b
//~ set width=24
//~ show nodes

space a() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

network b(width: int = 16) {
    input image: [3, 32, 32]
    output y = image -> conv(width)
}
