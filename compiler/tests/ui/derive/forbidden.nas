// A network that the space forbids.
//~ compile small

space s() {
    input image: [3, 8, 8]
    let w = choose width in {8, 16}
    let y = image -> conv(w) -> choose op { a: conv(8), if w == 8 { skip: identity } }
    output z = y -> conv(3)
}

derive small from "forbidden.nas"#s { //~ E0411
    w.width = 16
    y.op = skip
}
