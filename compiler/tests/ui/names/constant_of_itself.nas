// A constant that leads back to itself.

const wide = 2 * narrow
const narrow = wide / 2 //~ E0204

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(wide)
}
