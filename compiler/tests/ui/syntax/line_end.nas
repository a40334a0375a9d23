// A line ends in the middle of a pipe.

space s() {
    input image: [3, 32, 32]
    output y = image -> //~ E0116
        conv(8)
}
