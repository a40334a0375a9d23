// A seed that is not there.

import "std/seeds/mobilenet_v2" { mobilenet_v2 }

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)
}

remap mobilnet_v2 {} //~ E0602
