//! The smallest space with a choice of branches, a skip and an elastic width.

block layer(x, out: int) {
    x -> choose op {
        k3: conv(out, kernel: 3) -> bn -> relu
        k5: dwconv(5) -> bn -> conv(out) -> bn -> relu
        skip: identity
    }
}

space tiny(classes: int = 10, size: int = 16) {
    input image: [3, size, size]
    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    let a = stem -> layer(16)
    let b = a -> conv(choose width in {8, 12, 16}) -> bn -> relu
    let c = b -> conv(16) -> layer(16)
    output logits = c -> global_pool -> dropout(0.2) -> linear(classes)
}
