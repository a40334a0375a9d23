// A number that differs in each of a million networks.

space s() {
    input image: [3, 32, 32]
    let w = 1
    for i in 0..20 {
        let bit = choose bit in {0, 1}
        w = w + bit * 2 ** i //~ E0208
    }
    output y = image -> conv(w) -> conv(8)
}
