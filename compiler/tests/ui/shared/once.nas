// An instance has one set of parameters and of decisions; its nodes are numbered from the second use on.
//~ show decisions nodes params

space s() {
    input image: [4, 8, 8]
    let tower = shared |x| x -> choose op { a: conv(4), b: conv(4, kernel: 3) } -> bn @per_use -> relu
    let a = image -> tower
    output y = a -> tower
}
