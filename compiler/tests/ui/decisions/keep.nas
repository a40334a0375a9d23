// Two of four edges count, as a sum; each of the kept ones is one of few alternatives.
//~ show decisions nodes

space s() {
    input image: [3, 8, 8]
    let a = image -> conv(8)
    let b = image -> conv(8, kernel: 3)
    let sum = keep 2 of edges {
        a: a
        b: b -> choose op { relu: relu, sigmoid: sigmoid }
        c: image -> conv(8, kernel: 5)
        d: a -> conv(8)
    }
    let piped = sum -> keep 1 of ops { conv: conv(8), skip: identity }
    output o = piped -> keep 2 of all { conv: conv(8), skip: identity }
}
