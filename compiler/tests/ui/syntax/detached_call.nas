// The parenthesis of a call stands on its line.

space s() {
    input image: [3, 32, 32]
    output y = concat(image -> conv
        (8), image) //~ E0114
}
