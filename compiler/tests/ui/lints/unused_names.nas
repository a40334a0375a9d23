// A name that nothing uses is a warning, unless it begins with `_` or is a loop's.

import "std/mobilenet" { mbconv }
import "std/head" as head //~ W0906
import "library" { layer }

const WIDTH = 8
const DEPTH = 3 //~ W0906

block spare(x) { //~ W0906
    x
}

block stage(x, out: int, kernel: int = 3) { //~ W0906
    let twice = out * 2 //~ W0906
    for i in 0..2 { x = x -> mbconv(out) }
    x
}

space s(size: int = 32, unread: int = 4) { //~ W0906
    input image: [3, size, size]
    input mask: [1, size, size] //~ W0906
    let body = image -> stage(WIDTH) -> layer
    let _kept = body -> relu
    let [first, second] = split(body, 2) //~ W0906
    let name = "relu"
    let kernel = 3
    let unused = choose unused in {1, 2} //~ W0906
    output y = first -> choose op default name {
        "k{kernel}": conv(8, kernel: kernel)
        relu: conv(8)
    }
    limit macs(body) <= 100M
}
