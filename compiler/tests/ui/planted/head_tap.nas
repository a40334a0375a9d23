// A head taps the inside of a layer; one candidate has another width there, and nothing else shows it.

block candidate(x, out: int, expand: int, kernel: int) {
    let inner = x -> conv(x.channels * expand) -> bn -> relu
    [inner -> dwconv(kernel) -> conv(out), inner]
}

space s() {
    input image: [16, 32, 32]
    let k = choose kernel in {3, 5, 7}
    let [body, tap] = image -> choose layer {
        small: candidate(16, expand: 4, kernel: 3)
        large: candidate(16, expand: 4, kernel: k)
        light: candidate(16, expand: if k == 7 { 3 } else { 4 }, kernel: 5) //~ E0312
    }
    // A sum needs as many channels as the lateral path has.
    let lateral = image -> conv(64)
    output boxes = lateral + tap
    output logits = body -> global_pool -> linear(10)
}
