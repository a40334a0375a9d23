// What does not fit the grammar says what could stand there.

space s() {
    input image [3, 32, 32] //~ E0101
    limit macs 300M //~ E0101
    output y = image -> conv(8)
}
