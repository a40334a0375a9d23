// `@own` gives every tensor whose shape or slice depends on the decision one copy per option.
//~ show params

space s() {
    input image: [3, 8, 8]
    let stem = image -> conv(8) -> bn
    let w = choose width in {8, 12} @own
    let k = choose kernel in {3, 5}
    let x = stem -> conv(w, kernel: k) -> bn
    let v = choose head in {4, 6}
    output o = x -> conv(v) -> bn(stats: "own") -> conv(10, bias: true)
}
