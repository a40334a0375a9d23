// Applications that need other tensors, or decide among other options.

space s() {
    input image: [4, 8, 8]
    let tower = shared conv(8, kernel: 3)
    let a = image -> tower -> tower //~ E0309
    let choice = shared |x| x -> choose op { a: conv(4), if x.height == 8 { skip: identity } } //~ E0309
    let b = image -> choice -> max_pool(2) -> choice
    output y = b
}
