// Elastic depth: a turn happens where it is inside of the range; before that the name keeps its value.
//~ show graph

space s() {
    input image: [4, 8, 8]
    let depth = choose depth in {1, 2, 3}
    let y = image
    for i in 0..depth { y = y -> conv(4) }
    output z = y
}
