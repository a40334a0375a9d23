// Two decisions with one path.

space s() {
    input image: [3, 8, 8]
    let y = image
    for i in 0..2 { y = y -> choose op { a: conv(3), b: conv(3, kernel: 3) } }
    for i in 0..2 { y = y -> choose op { a: conv(3), b: conv(3, kernel: 3) } } //~ E0401
    output z = y
}
