// Unknown names, with the nearest known one.

space s() {
    input image: [3, 32, 32]
    let stem = image -> cnov(8) //~ E0203
    let body = steam -> relu //~ E0203
    widht = 3 //~ E0203
    output y = image
}
