// A decision that nothing computed reads.

block layer(x, last: bool) {
    let k = choose kernel in {3, 5}
    // Used by one of the two that are made here.
    x -> conv(8, kernel: if last { k } else { 3 })
}

space s() {
    input image: [3, 32, 32]
    let w = choose width in {8, 16} //~ W0905
    let d = choose depth in {1, 2}
    forbid w == 8 and d == 1
    let x = image -> layer(false) -> layer(true)
    for i in 0..d { x = x -> conv(8) }
    // No width, no reader.
    let gone = choose gone in {1, 3} //~ W0905
    let side = x[..0] -> conv(0, kernel: gone)
    output y = concat(x, side)
}
