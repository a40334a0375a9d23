// Labels are words, the same in every network.

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5}
    let a = image -> conv(8) as "k {3}" //~ E0214
    let b = image -> conv(8) as "k{k}" //~ E0214
    output y = image
}
