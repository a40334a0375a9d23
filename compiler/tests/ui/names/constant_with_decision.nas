// A constant decides nothing.

const WIDTH = choose width in {16, 32} //~ E0205

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(WIDTH) -> conv(8)
}
