// Networks in which every option is withheld.

space s() {
    input image: [8, 8, 8]
    let w = choose width in {8, 16, 24}
    let y = image -> conv(w) -> choose op { //~ E0405
        if w == 8 { a: identity }
        if w == 16 { b: relu }
    }
    output z = y -> conv(8)
}
