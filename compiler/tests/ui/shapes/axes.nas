// Operations that need space, or one value per axis.

space s() {
    input image: [3, 8, 8]
    input clip: [3, 4, 8, 8]
    let a = image -> global_pool -> linear(8) -> conv(8) //~ E0303
    let b = image -> conv(8, kernel: [3, 3, 3]) //~ E0304
    let c = clip -> conv(8, kernel: [1, 3, 3], stride: [1, 2, 2])
    let d = clip -> max_pool([3, 3]) //~ E0304
    output y = c -> global_pool -> linear(4)
}
