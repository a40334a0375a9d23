// Under conditions that exclude each other widths may differ: the layer is elastic. A decision made under
// one exists only there, and a side that no network takes is not there at all.
//~ show graph

space s() {
    input image: [8, 8, 8]
    let deep = choose deep in {true, false}
    let y = if deep {
        image -> choose op { a: conv(16), b: conv(16, kernel: 3) }
    } else {
        image -> conv(12)
    }
    if deep { if not deep { y = y -> conv(99) } }
    output z = y -> conv(4)
}
