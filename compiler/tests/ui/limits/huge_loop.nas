// A loop that makes nothing ends too.

space s() {
    input image: [3, 32, 32]
    for i in 0..10000, j in 0..10000 { } //~ E0207
    output y = image
}
