// A disagreement that needs three decisions: the smallest set of them that shows it, however many
// others there are.

space s() {
    input image: [8, 32, 32]
    let noise = choose noise in {3, 5, 7}
    let a = choose a in {4, 8}
    let b = choose b in {4, 8}
    let c = choose c in {4, 8}
    let y = image -> conv(8, kernel: noise) -> choose op {
        sum: conv(if a + b + c > 20 { 12 } else { 8 })
        skip: identity //~ E0312
    }
    output z = y -> conv(8)
}
