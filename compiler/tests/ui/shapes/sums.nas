// Sides that do not agree; an axis of size one is spread.

space s() {
    input image: [8, 8, 8]
    let k = choose kernel in {3, 4}
    let y = image + (image -> conv(8, kernel: k)) //~ E0319
    let z = image + (image -> conv(16)) //~ E0319
    let w = image * (image -> global_pool -> conv(8) -> hsigmoid)
    output o = y + z + w
}
