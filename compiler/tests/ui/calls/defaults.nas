// Defaults reach into library blocks, an explicit argument wins, and they end with their body.
//~ show graph

import "std/head" { classifier }

block layer(x) {
    defaults bn { eps: 1e-3, momentum: 0.01 }
    x -> conv(4) -> bn -> conv(4) -> bn(eps: 1e-5)
}

space s() {
    input image: [3, 8, 8]
    defaults dropout { p: 0.5 }
    output y = image -> layer -> bn -> dropout -> classifier(2, features: 4)
}
