// A closing bracket that closes nothing: one mistake, and one error.

const WIDTH = (2 + 6)) //~ E0103

block layer(x, out: int) {
    x -> conv(out]) //~ E0102
}

block stem(x) {
    let y = x -> conv(16)) -> bn //~ E0103
    y -> relu
}

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(WIDTH)
}
