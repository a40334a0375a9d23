// The import is lost with its string; that its names are unknown is not a second mistake.

import "std/head { classifier } //~ E0104

space s() {
    input image: [3, 32, 32]
    output y = image -> classifier(10)
}
