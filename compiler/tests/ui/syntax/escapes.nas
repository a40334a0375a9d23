// A backslash and a brace mean something in a string.

space s() {
    input image: [3, 32, 32]
    require image.height == 32, "32\% of }" //~ E0109 E0109
    output y = image -> conv(8)
}
