// Blocks may nest deep, and expressions in them: elaboration has a stack of its own.

block deep(x, n: int) {
    if n == 0 { x } else { relu(relu(relu(deep(x, n - 1)))) }
}

space s() {
    input image: [3, 8, 8]
    output y = image -> deep(120)
}
