// What the language has and this version cannot elaborate says so, and does not spoil the rest.

space s() {
    input image: [3, 8, 8]
    remap seed { depth: last } //~ E0299
    output o = image -> conv(8, kernel: 3)
}
