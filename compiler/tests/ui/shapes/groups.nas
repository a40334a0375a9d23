// Groups that do not divide the channels, or that channels would change.

space s() {
    input image: [4, 8, 8]
    let w = choose width in {8, 12}
    let a = image -> conv(6, groups: 4) //~ E0311
    let b = image -> conv(w) -> conv(8, groups: 4) //~ E0313
    let c = image -> conv(w) -> dwconv(3) -> conv(8)
    output o = a -> conv(8)
    output p = c
}
