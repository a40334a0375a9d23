// A default may be the name of a string that holds the label; a label of that name wins.
//~ show decisions

block layer(x, seed: str) {
    x -> choose op default seed { a: conv(4), b: conv(4, kernel: 3) }
}

space s() {
    input image: [3, 8, 8]
    let skip = "a"
    let y = image -> layer("b")
    let z = y -> choose op default skip { a: relu, skip: identity }
    let k = choose kernel in {3, 5} default 5
    output o = z -> conv(4, kernel: k)
}
