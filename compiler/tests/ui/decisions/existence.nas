// A decision exists where something reads it: an operation, the shape of what it gives, or the guard of
// another decision's option. What it forbids counts only where it exists.
//~ show graph

space s() {
    input image: [3, 8, 8]
    let w = choose width in {8, 0}
    let v = choose v in {16, 24}
    let k = choose kernel in {3, 5}
    let y = concat(image, image -> conv(w))
    let z = choose op {
        layer: y -> conv(24, kernel: k)
        if v == 24 { skip: image -> conv(v) }
    }
    forbid k == 3
    output o = z -> conv(8)
}
