// An activation that learns is plain; groups and runs divide the channels; a shift needs frames.

space s() {
    input image: [3, 8, 8]
    let k = choose kind in {"relu", "prelu"}
    let a = image -> conv(6) -> act(k) //~ E0305
    let b = image -> conv(6) -> gn(4) //~ E0311
    let c = image -> conv(6) -> softmax(runs: 4) //~ E0322
    let d = image -> temporal_shift //~ E0303
    output [x, y] = [b, c]
}
