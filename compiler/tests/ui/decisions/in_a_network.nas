// A network decides nothing.

network n() {
    input image: [3, 8, 8]
    let k = choose kernel in {3, 5} //~ E0402
    output y = image -> conv(8, kernel: k)
}
