// A bypass joins tensors of one size, keeps what there is, and goes by position.

space s() {
    input image: [3, 8, 8]
    let x = image -> conv(8)
    let m = choose m in {0, 4, 8}
    let strided = bypass(x -> conv(m, stride: 2), x) //~ E0318
    let kept = bypass(x -> conv(4), x, keep: m) //~ E0327
    let joined = concat([x -> conv(m), x])
    let lost = bypass(joined, x) //~ E0320
    output [a, b, c] = [strided -> conv(8), kept -> conv(8), lost -> conv(8)]
}
