// A size that varies cannot become channels.

space s() {
    let side = choose resolution in {8, 16}
    input image: [3, side, side]
    output y = image -> flatten -> linear(10) //~ E0323
    output z = image -> adaptive_pool(2) -> flatten -> linear(10)
}
