// Channels from different parts cannot be added.

space s() {
    input image: [3, 8, 8]
    let w = choose width in {8, 16}
    let joined = concat(image -> conv(w), image -> conv(w))
    let single = image -> conv(2 * w)
    output y = (joined + single) -> conv(8) //~ E0320
}
