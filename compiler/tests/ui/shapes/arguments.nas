// Arguments out of range, in all networks and in some; what they spoil is not reported again.

space s() {
    input image: [3, 8, 8]
    let k = choose kernel in {0, 3}
    let y = image -> conv(8, kernel: k) //~ E0306
    let z = y + (image -> conv(8))
    let w = z -> conv(8, stride: 0) -> conv(8, kernel: 3) //~ E0306
    let d = w -> dropout(1.5) -> softmax(axis: 3) //~ E0306 E0324
    let h = image -> conv(4000000000) //~ E0306
    output o = d -> conv(8)
}
