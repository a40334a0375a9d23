// Joining nothing, and joining different sizes.

space s() {
    input image: [3, 8, 8]
    let none = concat([]) //~ E0317
    let half = image -> max_pool(2)
    output o = concat(image, half) //~ E0318
    output p = concat(image, image -> relu)
}
