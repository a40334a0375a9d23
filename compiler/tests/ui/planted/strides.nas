// A concatenation of two strides: one candidate of the second branch forgets to halve.

block branch(x, out: int) {
    x -> choose op {
        for k in [3, 5, 7] { "k{k}": dwconv(k, stride: 2) -> conv(out) }
        pool: avg_pool(2, stride: 2) -> conv(out)
    }
}

space s() {
    input image: [16, 32, 32]
    let left = image -> branch(16)
    let right = image -> choose op {
        for k in [3, 5] { "k{k}": dwconv(k, stride: 2) -> conv(16) }
        k7: dwconv(7) -> conv(16)
    }
    output y = concat(left, right) //~ E0318
}
