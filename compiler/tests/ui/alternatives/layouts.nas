// Equally many channels from different parts are not the same channels; where all of them are always in
// use that makes no difference.

space s() {
    input image: [8, 8, 8]
    let w = choose width in {4, 8}
    let fixed = choose fixed { joined: concat(image[..4], image[4..]), single: image }
    let y = choose op {
        joined: concat(image -> conv(w), image -> conv(w))
        single: image -> conv(2 * w) //~ E0320
    }
    output a = fixed -> conv(4)
    output z = y -> conv(8)
}
