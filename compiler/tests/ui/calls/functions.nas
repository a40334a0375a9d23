// Functions of values, with what they do not take.

space s() {
    input image: [3, 32, 32]
    let a = round_to(17, 8, gard: 0.9) //~ E0210
    let b = len(3) //~ E0213
    let c = max([]) //~ E0213
    let d = combinations(choose n in {3, 4}, 2) //~ E0217
    let e = div(1, 0) //~ E0218
    let f = image -> max(3) //~ E0213
    output y = image
}
