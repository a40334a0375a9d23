// The parameters of a seed are those that it has.
//~ compile s

network seed(classes: int = 10) { //~ E0210
    input image: [3, 32, 32]
    output y = image -> conv(classes)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)

    remap seed(class: 5) {}
}
