// Characters of other languages are answered in this one.

const A = 7 % 2 //~ E0105
const B = A == 1 && A > 0 //~ E0105

space s() {
    input image: [3, 32, 32]
    output y = if B { image -> conv(8) } else { image }
}
