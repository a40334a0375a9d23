// Arguments of a derived network are plain values of the space's parameters.
//~ compile small

space s(classes: int = 10) {
    input image: [3, 8, 8]
    output y = image -> conv(classes)
}

derive small from "settings.nas"#s(classes: 3 + 4) { //~ E0238
}
