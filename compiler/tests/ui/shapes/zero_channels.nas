// A tensor without channels is legal, `concat` ignores it, and nothing else can be made of it.

space s() {
    input image: [3, 8, 8]
    let w = choose width in {0, 8}
    let y = image -> conv(w)
    let a = concat(image, y) -> conv(8)
    let b = y -> conv(8) //~ E0310
    let c = a + (y -> bn) //~ E0319
    output o = a + b
    output p = c
}
