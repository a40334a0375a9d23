// Switches that decide which tensors there are, and settings with words of their own.

space s() {
    input image: [3, 8, 8]
    let b = choose bias in {true, false}
    let x = image -> conv(8, bias: b) //~ E0305
    let y = image -> conv(8) -> bn(affine: b) //~ E0305
    let z = image -> conv(8) -> bn(stats: "running") //~ E0315
    let u = image -> act("relu7") //~ E0316
    output o = image -> conv(8)
}
