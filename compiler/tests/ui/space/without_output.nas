// A space without an output, and with a parameter that needs a value.

space s(classes: int) { //~ E0235 E0236
    input image: [3, 8, 8]
    let y = image -> conv(classes)
}
