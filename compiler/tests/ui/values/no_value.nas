// A body that ends in a statement has no value.

block layer(x) {
    let y = x -> conv(8)
}

space s() {
    input image: [3, 32, 32]
    let a = image -> layer //~ E0224
    let b = for i in 0..2 { let c = i } //~ E0224
    output y = image
}
