// An import names what its file does not have: reported once, where it is imported.

import "std/head" { clasifier } //~ E0203

space s() {
    input image: [3, 32, 32]
    output y = image -> clasifier(10)
}
