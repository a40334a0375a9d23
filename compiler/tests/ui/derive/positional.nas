// The arguments of a derived network have names.
//~ compile small

space s(classes: int = 10) {
    input image: [3, 8, 8]
    output y = image -> conv(classes)
}

derive small from "positional.nas"#s(7) { //~ E0210
}
