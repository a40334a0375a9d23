// Beside the only space of a file a remap is that space's. What it leaves out has defaults.
//~ compile s
//~ show summary

import "std/seeds/mobilenet_v2" as library

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5}
    output y = image -> conv(32, kernel: k)
}

remap library.mobilenet_v2 {}

network other() {
    input image: [3, 32, 32]
    output y = image -> conv(32)
}
