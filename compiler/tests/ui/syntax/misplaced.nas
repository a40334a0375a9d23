// Items stand at the top, statements in bodies.

let width = 16 //~ E0115

space s() {
    input image: [3, 32, 32]
    const B = 3 //~ E0115
    output y = image -> conv(B)
}
