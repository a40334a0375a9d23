// A file can be imported whole, under one name.
//~ show nodes

import "std/shufflenet" as shuffle

space s() {
    input image: [16, 8, 8]
    output y = image -> shuffle.unit(16, kernel: 3)
}
