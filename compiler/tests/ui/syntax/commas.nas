// A comma is missing between arguments.

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8 kernel: 3) //~ E0112
}
