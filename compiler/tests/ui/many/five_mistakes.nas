// All mistakes of a file are reported in one run, those that syntax leaves included.

import "std/head" { clasifier } //~ E0203

const A = 7 % 2 //~ E0105

block layer(x, out: int) {
    x -> conv(out, kernal: 3) //~ E0210
}

space s() {
    input image: [3, 8, 8]
    let a = image -> layer(8)
    let b = image -> conv(8, stride: 0) //~ E0306
    let c = image + (image -> conv(16)) //~ E0319
    output y = concat(a, b)
    output z = c
}
