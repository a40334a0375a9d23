// A block of the file hides a primitive of its name, for that file alone.
//~ show nodes

import "std/mobilenet" { separable }

block bn(x) {
    x -> scale(2.0)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> bn -> separable(8)
}
