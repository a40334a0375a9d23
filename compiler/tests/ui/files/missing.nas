// A file that is not there; the names it should have brought are not reported again.

import "std/heads" { classifier } //~ E0201
import "nowhere" as other //~ E0201

space s() {
    input image: [3, 32, 32]
    output y = image -> other.stem -> classifier(10)
}
