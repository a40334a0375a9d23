// More decisions than a space may have.

space s() {
    input image: [3, 32, 32]
    let y = image
    for i in 0..5000 {
        y = y -> choose op { a: relu, b: identity } //~ E0207
    }
    output z = y
}
