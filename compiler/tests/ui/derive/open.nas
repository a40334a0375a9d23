// Decisions that exist are set, others have no effect.
//~ compile small

space s() {
    input image: [3, 8, 8]
    let deep = choose deep in {true, false}
    let k = choose kernel in {3, 5}
    let y = image -> conv(8, kernel: k)
    if deep { y = y -> choose op { a: conv(8), b: relu } }
    output z = y
}

derive small from "open.nas"#s { //~ E0410
    deep = false
    op = a //~ W0902
}
