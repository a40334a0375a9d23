// A `match` without an arm for a value: in the networks that have it, or in all of them.

space s(activation: str = "swish") {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5, 7}
    let a = match activation { "relu": 1, "relu6": 2 } //~ E0225
    let b = match k { 3: image -> conv(8), 5: image -> conv(8, kernel: 3) } //~ E0225
    output y = image -> conv(8, kernel: k)
}
