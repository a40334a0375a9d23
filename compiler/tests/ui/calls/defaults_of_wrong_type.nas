// A default has the type of its parameter; an int widens where a float is wanted.

space s() {
    input image: [3, 8, 8]
    defaults bn { eps: "x", momentum: 1 } //~ E0213
    defaults conv { kernel: [3, 3], bias: 1 } //~ E0213
    defaults max_pool { kernel: 2.5 } //~ E0213
    output y = image -> conv(8) -> bn
}
