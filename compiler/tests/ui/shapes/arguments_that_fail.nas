// Arguments that cannot be computed in some networks.

space s() {
    input image: [3, 8, 8]
    let w = choose width in {16, 25}
    let y = image -> conv(w / 2) -> conv(8) //~ E0308
    output o = y
}
