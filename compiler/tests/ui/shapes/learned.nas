// What the primitives of binary and normaliser-free networks learn.
//~ show nodes params

space s() {
    input image: [3, 8, 8]
    let x = image -> conv(choose width in {8, 16})
    let a = x -> rsign -> binary_conv(16, kernel: 3) -> bn -> rprelu
    let b = a -> ws_conv(16, kernel: 3) -> prelu -> gain -> offset
    let c = b -> binary_conv(16, standardise: true) -> gain(per_channel: false, init: 0.5)
    let d = c -> ws_conv(16, scaled: false) -> gn(4)
    output o = d -> softmax(runs: 4)
}
