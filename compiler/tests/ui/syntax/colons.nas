// Arguments have colons, bindings have equals signs.

space s() {
    input image: [3, 32, 32]
    y: image -> relu //~ E0113
    output z = image -> conv(8, kernel = 3) //~ E0113
}
