// Defaults are those of primitives.

space s() {
    input image: [3, 32, 32]
    defaults batch_norm { eps: 1e-3 } //~ E0227
    defaults bn { epsilon: 1e-3 } //~ E0227
    output y = image -> conv(8) -> bn
}
