// The file of a derived network has no space of that name.
//~ compile small

space large() {
    input image: [3, 8, 8]
    output y = image -> conv(8)
}

derive small from "no_such_space.nas"#larg { //~ E0237
}
