// Alternatives of different kinds, under a decision and under a condition.

space s() {
    input image: [4, 32, 32]
    let a = choose a { one: image, two: [image, image] } //~ E0223
    let b = choose b { one: relu, two: image } //~ E0223
    let k = choose kernel in {3, 5}
    let c = if k == 3 { image } else { 3 } //~ E0223
    let d = deinterleave(image)
    if k == 3 { d = [image] } //~ E0223
    output y = image -> conv(8, kernel: k)
}
