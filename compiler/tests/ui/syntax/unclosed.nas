// The bracket that was opened is shown, and by the indentation the one that was meant.

block layer(x) {
    for i in 0..3 {
        x = x -> conv(8)
    x
} //~ E0102

space s() {
    input image: [3, 32, 32]
    output y = image -> layer
}
