// A decision has one default.

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5} default 3 default 5 //~ E0117
    output y = image -> conv(8, kernel: k)
}
