// A string that outgrows its limit cannot be computed.

space s() {
    input image: [3, 8, 8]
    let a = "0123456789012345678901234567890123456789012345678901234567890123"
    let b = "{a}{a}{a}{a}{a}{a}{a}{a}"
    let c = "{b}{b}{b}{b}{b}{b}{b}{b}"
    let d = "{c}{a}" //~ E0218
    output y = image -> act(d)
}
