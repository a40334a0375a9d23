// A window that does not fit, in the networks that the note names.

space s() {
    input image: [3, 8, 8]
    let k = choose kernel in {3, 9}
    let y = image -> conv(8, kernel: k, pad: 0) //~ E0307
    output o = y -> max_pool(3, pad: 0)
}
