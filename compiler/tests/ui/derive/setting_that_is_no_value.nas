//~^ E0238 of the command line, which has no place in a file.
//~ set classes=1 2

space s(classes: int = 10) {
    input image: [3, 8, 8]
    output y = image -> conv(classes)
}
