//! The module of the files in `tests/vectors/pth`, with the names that Python gives it.

network module(classes: int = 2) {
    input image: [2, 4, 4]

    let stem = image -> conv(3, kernel: [1, 2], pad: 0) @key(python: "0") -> bn @key(python: "1")

    output logits = stem -> global_pool -> linear(classes) @key(python: "2")
}
