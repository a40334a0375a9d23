// A subset has a size, alternatives are tensors of one shape, and labels differ.

space s() {
    input image: [3, 8, 8]
    let a = image -> conv(8)
    let none = keep 0 of none { a: a, b: image -> conv(8) } //~ E0413
    let many = keep 3 of many { a: a, b: image -> conv(8) } //~ E0413
    let twice = keep 1 of twice { a: a, a: image -> conv(8) } //~ E0403
    let wide = keep 2 of wide {
        a: a
        b: image -> conv(16) //~ E0312
        c: image -> conv(8)
    }
    let number = keep 1 of number { a: a, b: 7 } //~ E0223
    output o = wide -> conv(8)
}
