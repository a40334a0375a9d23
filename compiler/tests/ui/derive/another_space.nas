// The hash of the space that was searched is checked.
//~ compile small

space s() {
    input image: [3, 8, 8]
    output y = image -> conv(8)
}

derive small from "another_space.nas"#s @hash("9f3c") { //~ E0412
}
