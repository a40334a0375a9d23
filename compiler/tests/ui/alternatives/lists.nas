// Lists of tensors are chosen element by element.
//~ show nodes

space s() {
    input image: [4, 8, 8]
    let [a, b] = choose taps {
        near: [image -> conv(4), image -> conv(4, kernel: 3)]
        far: [image -> conv(4) -> relu, image]
    }
    output y = a + b
}
