// What belongs to the language but is not supported yet says so.

space s() {
    input image: [3, 8, 8]
    let y = keep 2 of edges { a: image -> conv(8), b: image -> relu, c: image } //~ E0299
    remap seed { depth: last } //~ E0299
    output z = y
}
