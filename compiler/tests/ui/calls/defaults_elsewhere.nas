// `defaults` hold in their own body alone.

block layer(x) {
    defaults conv { out: 16 }
    x -> conv
}

space s() {
    input image: [3, 8, 8]
    let a = image -> layer
    output y = a -> conv //~ E0211
}
