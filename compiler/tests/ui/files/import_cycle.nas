// A file that imports itself.

import "import_cycle" as here //~ E0202

space s() {
    input image: [3, 32, 32]
    output y = image -> here.stem
}
