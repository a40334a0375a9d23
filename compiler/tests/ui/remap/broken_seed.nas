// The mistakes of a seed are told with those of the space.
//~ compile s

network seed(classes: int = 10) {
    input image: [3, 32, 32]
    output y = image -> conv(8, kernal: 3) -> conv(classes) //~ E0210
}

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5}
    output y = image -> conv(8, kernel: k)

    remap seed(classes: 5) { slots: skip_last } //~ E0603
}
