// Channels that vary keep their places.

space s() {
    input image: [12, 8, 8]
    let w = choose width in {8, 16}
    let y = image -> conv(w)
    let a = y -> shuffle(2) //~ E0321
    let b = deinterleave(y) //~ E0321
    let c = split(y, 2) //~ E0321
    let d = concat(y, y)[..4] //~ E0321
    let e = image -> shuffle(5) //~ E0322
    let f = split(image, 5) //~ E0322
    let [g, h] = split(image, 2)
    output o = y[..4] -> conv(8)
    output p = g + h
}
