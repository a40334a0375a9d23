// What can stand on either side of a pipe.

space s() {
    input image: [3, 32, 32]
    let stem = image -> conv(8)
    let a = image -> stem //~ E0219
    let b = 3 -> relu //~ E0219
    let c = image -> if stem.height == 32 { relu } //~ E0219
    let d = image -> choose k in {3, 5} //~ E0219
    let e = shared stem //~ E0220
    let f = image -> conv(8) @frozen //~ E0221
    output y = image
}
