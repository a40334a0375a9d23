// A derived network is cut out of its space: its decisions are taken, its tensors are as large as it needs.
//~ compile small
//~ show graph

space s(classes: int = 10) { //~ W0906
    input image: [3, 8, 8]
    let w = choose width in {8, 16}
    let y = image -> conv(w) -> choose op { a: conv(8), skip: identity }
    output o = y -> relu
    forbid w == 16
}

derive small from "whole.nas"#s(classes: 3) {
    w.width = 8
    y.op = a
}
