// The same by way of a value: two strides meet in a `concat` where they differ.

space s() {
    input image: [16, 32, 32]
    let a = choose a in {1, 2}
    let b = choose b in {1, 2}
    let c = choose c in {3, 5, 7}
    forbid a == 1 and b == 2
    let left = image -> conv(8, kernel: c, stride: a)
    let right = image -> conv(8, kernel: 3, stride: b)
    output y = concat(left, right) -> global_pool -> linear(4) //~ E0318
}
