// An option that no network takes; but a `forbid` about its own decision is meant.

block layer(x, first: bool) {
    let k = choose kernel in {3, 5, 7}
    let w = choose width in {8, 16}
    // Only the first layer cannot have a kernel of 5.
    forbid first and k + w == 13
    forbid first and k + w == 21
    x -> conv(w, kernel: k)
}

space s() {
    input image: [3, 32, 32]
    let forced = choose forced in {1, 2, 3}
    forbid forced != 2
    let a = choose a in {1, 2}
    let b = choose b in {1, 2, 3} //~ W0903
    forbid b == 2 and a == 1
    forbid b >= 2 and a == 2
    forbid b == 3 and a == 1
    let x = image -> conv(8 * a * b * forced) -> layer(true) -> layer(false)
    let w = choose width in {8, 16}
    forbid w == 16
    let y = x -> conv(w) -> choose op { //~ W0903
        plain: conv(24, kernel: 3)
        if w == 16 { wide: conv(24, kernel: 5) }
    }
    output z = y -> conv(8)
}
