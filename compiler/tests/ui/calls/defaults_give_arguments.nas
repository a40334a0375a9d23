// What `defaults` give need not be given at the call; what they do not give still must.
//~ show nodes

block layer(x) {
    x -> conv -> bn
}

space s() {
    input image: [3, 8, 8]
    defaults conv { out: 16, kernel: 3 }
    let a = image -> conv
    let b = a -> layer
    let c = b -> conv(8)
    output y = c
}
