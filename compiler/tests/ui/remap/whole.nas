// Everything that a remap can say. The seed is compiled, and its paths are known.
//~ show summary

import "std/seeds/mobilenet_v2" { mobilenet_v2 as seed }
import "std/mobilenet" { stage }

space s() {
    input image: [3, 32, 32]
    let n = choose depth in {1, 2, 3}
    let stem = image -> conv(32, kernel: 3, stride: 2) -> bn -> relu6
    let s1 = stem -> stage(16, layers: 1, expand: 1)
    let x = s1
    for i in 0..n as s2 { x = x -> stage(24, layers: 1) as unit }
    output y = x -> conv(10)

    remap seed(classes: 10, size: 64) {
        depth: cycle
        width: l1
        kernel: dilate
        fill: fresh
        slots: skips_last
        s1 from stage1
        s2 from stage2
        s2.0.unit from stage2.0
    }
}
