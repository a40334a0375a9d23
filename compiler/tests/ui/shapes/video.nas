// Three spatial axes: frames come first, and strides are those of the picture.
//~ show nodes

space s() {
    input clip: [3, 8, 16, 16]
    let x = clip -> conv(8, kernel: [1, 3, 3], stride: [1, 2, 2]) -> bn -> relu
    let y = x -> temporal_shift(4) -> dwconv([3, 1, 1], stride: [2, 1, 1]) -> max_pool([1, 3, 3], stride: [1, 2, 2])
    require y.stride == 4 and y.frames == 4, "axes"
    output o = y -> resize(scale: 2) -> global_pool -> linear(4)
}
