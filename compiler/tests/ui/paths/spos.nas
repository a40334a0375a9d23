// The paths of a stage of Single Path One-Shot.
//~ show decisions nodes

import "std/shufflenet" { unit, xception }

block stage(x, out: int, layers: int) {
    for i in 0..layers {
        let stride = if i == 0 { 2 } else { 1 }
        x = x -> choose op {
            shuffle3: unit(out, kernel: 3, stride: stride)
            xception: xception(out, stride: stride)
        }
    }
    x
}

space s() {
    input image: [16, 32, 32]
    let s1 = image -> stage(64, layers: 2)
    output y = s1
}
