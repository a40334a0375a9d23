// Limits are on the whole, or on what a `let` of the space elaborated.
//~ show graph

space s() {
    input image: [3, 8, 8]
    let body = image -> conv(8)
    output y = body
    limit macs(body) < 300M
    limit params in 0..=3K
    limit latency("phone") <= 12ms //~ W0910
}
