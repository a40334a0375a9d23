// A normalisation that keeps a bypass from being the identity.

space s() {
    input image: [8, 32, 32]
    let m = choose keep in {0, 4, 8}
    let stem = image -> conv(8) -> bn -> relu
    // The unit as it should be: what is carried is the end of the unit before.
    let good = bypass(stem -> dwconv(3) -> bn -> relu -> conv(m) -> bn -> relu, stem)
    // Units that normalise first leave what is carried alone, and one norm stands behind the last.
    let first = bypass(good -> bn -> relu -> conv(m), good)
    let second = bypass(first -> bn -> relu -> conv(m), first)
    let a = second -> bn -> relu -> conv(8)
    let b = bypass(a -> conv(m, kernel: 3), a) -> bn -> relu //~ W0909
    let normed = b -> bn -> relu //~ W0909
    let c = bypass(normed -> conv(m, kernel: 3), normed)
    let d = c -> conv(8)
    let e = bypass(d -> conv(m, kernel: 3) -> bn, d -> gn(2)) //~ W0909
    output y = e -> conv(8)
}
