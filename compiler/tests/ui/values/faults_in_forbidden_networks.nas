// A value that fails in forbidden networks alone fails nowhere.
//~ show decisions nodes

space s() {
    input image: [3, 32, 32]
    let stride = choose stride in {0, 2}
    forbid stride == 0
    let i = choose i in {0, 1}
    forbid i == 0
    let layers = [image, image -> conv(3)]
    output y = layers[div(1, i)] -> conv(8, stride: stride) -> global_pool
}
