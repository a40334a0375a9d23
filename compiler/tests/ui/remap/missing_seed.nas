// What could not be imported is told once.

import "lost" { seed } //~ E0201

space s() {
    input image: [3, 32, 32]
    output y = image -> conv(8)

    remap seed {}
}
