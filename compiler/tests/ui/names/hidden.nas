// A `let` that hides another is a warning; a parameter may hide a primitive, and a `let` too.
//~ show nodes

block layer(x, conv: block) {
    x -> conv
}

space s() {
    input image: [3, 32, 32]
    let y = image -> conv(8)
    let y = y -> relu //~ W0901
    let bn = y -> layer(conv: conv(4))
    output z = bn
}
