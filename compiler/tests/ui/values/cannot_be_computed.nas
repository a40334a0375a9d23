// Values that fail in every network are reported where they are made, others where they are used.

space s() {
    input image: [3, 32, 32]
    let i = choose i in {0, 1, 2}
    let ok = 6 / i
    let a = image.channels / 2 //~ E0218
    let b = [1, 2][2] //~ E0218
    let layers = [image -> conv(8), image -> conv(8)]
    let c = layers[i] //~ E0218
    forbid 6 / i == 6 //~ E0218
    output y = c -> conv(8)
}
