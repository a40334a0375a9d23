// Networks that share nothing may divide channels that vary.
//~ show params

space s() @own {
    input image: [3, 8, 8]
    let w = choose width in {8, 16}
    let x = image -> conv(w, kernel: 3) -> gn(4) -> relu
    output o = x -> conv(w, kernel: 3, groups: 4) -> shuffle(2) -> global_pool -> linear(4)
}
