// One of several has to be named.

space a() { //~ E0237
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

space b() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}
