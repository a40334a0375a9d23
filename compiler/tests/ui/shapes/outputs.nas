// What comes out is known, unless it follows what goes in.

space s() {
    let side = choose resolution in {8, 16}
    input image: [3, side, side]
    let w = choose width in {8, 16}
    output free = image -> conv(8)
    output fixed = image -> conv(w) -> conv(10)
    output bad = image -> conv(w) //~ E0325
}
