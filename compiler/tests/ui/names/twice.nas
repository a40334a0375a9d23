// Items, imports and parameters have names of their own.

import "std/head" { classifier }

block classifier(x) { //~ E0209
    x -> global_pool
}

block layer(x, out: int = 3, out: int = 4) { //~ E0209
    x -> conv(out)
}

space s() {
    input image: [3, 32, 32]
    output y = image -> layer
}
