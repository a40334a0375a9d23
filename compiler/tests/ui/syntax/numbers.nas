// Numbers with endings that do not exist, and numbers that do not fit.

const A = 300Mio //~ E0108
const B = 9223372036854775808 //~ E0108

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}
