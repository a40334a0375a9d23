// Patterns take lists of their own length apart.

space s() {
    input image: [4, 32, 32]
    let [a, b, c] = deinterleave(image) //~ E0226
    let [d, _] = image //~ E0226
    for [w, n] in [[8, 1], [16]] { } //~ E0226
    output y = image
}
