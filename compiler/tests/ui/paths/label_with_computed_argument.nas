//~ show decisions params
//! A label names the call, whatever its arguments are computed by.

block layer(x, out: int, stride: int = 1) {
    x -> choose op {
        a: conv(out, kernel: 3, stride: stride)
        b: conv(out, kernel: 5, stride: stride)
    }
}

space labelled(wide: bool = false) {
    input image: [3, 8, 8]
    let x = image -> layer(if wide { 16 } else { 8 }, stride: 2) as one
    output y = x -> layer(8) as two
}
