// A decision bound outside of a loop is one decision for all turns, one made inside is one for each; a
// name that is the decision's own is there once.
//~ show decisions params

space s() {
    input image: [4, 8, 8]
    let k = choose k in {3, 5}
    let y = image
    for i in 0..2 {
        let e = choose expand in {1, 2}
        y = y -> conv(4 * e, kernel: k) -> conv(4)
    }
    output z = y
}
