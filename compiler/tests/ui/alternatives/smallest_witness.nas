// Of two ways to a disagreement the shorter is shown.

space s() {
    input image: [8, 32, 32]
    let a = choose a in {4, 8}
    let b = choose b in {4, 8}
    let c = choose c in {4, 8}
    let w = if a + b == 16 { 12 } else { if c == 8 { 12 } else { 8 } }
    output y = (image -> conv(w)) + image -> conv(8) //~ E0319
}
