// Channel-level bypass: what is computed first, behind it what is carried, by position.
//~ show nodes params

space s() {
    input image: [3, 8, 8]
    let x = image -> conv(choose carried in {4, 6})
    let m = choose m in {0, 2, 4, 6}
    let y = bypass(x -> dwconv(3) -> conv(m) -> bn -> relu, x, limit: 5)
    output o = y -> conv(8)
}
