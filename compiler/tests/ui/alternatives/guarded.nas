// A guard that varies takes its option out of the space where it fails; what is left may join only
// where the widths agree.
//~ show graph

space s() {
    input image: [24, 8, 8]
    let w = choose width in {16, 24, 32}
    let y = image -> choose op {
        layer: conv(w)
        if image.channels == w { skip: identity }
    }
    output z = y -> conv(8)
}
