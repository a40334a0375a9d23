// An elastic width cuts the leading channels of everything that follows it; joined widths each their own.
//~ show params

space s() {
    input image: [3, 8, 8]
    let a = choose a in {8, 16}
    let b = choose b in {4, 8}
    let k = choose k in {3, 5, 7}
    let y = image -> conv(a, kernel: k) -> bn -> dwconv(k)
    let joined = concat(y, image -> conv(b), image)
    output o = joined -> bn -> conv(10) -> global_pool -> linear(2)
    output p = joined -> adaptive_pool(2) -> flatten -> linear(2)
}
