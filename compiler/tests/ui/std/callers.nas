// A mistake inside the library names the call that led there, each call once.

import "std/mobilenet" { mbconv, separable }
import "std/head" { classifier }

space s() {
    input image: [24, 8, 8]
    let k = choose kernel in {0, 3}
    let a = image -> mbconv(24, kernel: k) //~ E0306
    let b = a -> mbconv(24, kernel: 0) //~ E0306
    for i in 0..3 {
        b = b -> mbconv(24, stride: 0) //~ E0306
    }
    output y = b -> classifier(10, drop: 2.0) //~ E0324
}
