// Alternatives may share a name for interchange, two tensors of one network may not.

space s() {
    input image: [3, 8, 8]
    let x = image -> choose op {
        a: conv(8) @key(torchvision: "stem")
        b: conv(8, kernel: 3) @key(torchvision: "stem")
    }
    for i in 0..2 { x = x -> conv(8) @key(torchvision: "layer") } //~ E0239
    output o = x
}
