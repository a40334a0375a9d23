// Names for interchange: of a primitive's tensors, of a whole block's, and of block values.
//~ show params

block unit(x, out: int) {
    let y = x -> conv(out) as reduce -> bn
    y -> conv(out, bias: true) @key(timm: "inner.{out}")
}

space s() {
    input image: [3, 8, 8]
    let stem = image -> conv(8) @key(torchvision: "features.0.0") -> bn @key(torchvision: "features.0.1")
    for i in 0..2 {
        stem = stem -> unit(8 + i) @key(torchvision: "features.{i + 1}", timm: "blocks.{i}")
    }
    let named = conv(4) @key(torchvision: "head")
    output o = stem -> choose op { a: named, b: conv(4, kernel: 3) @key(torchvision: "tail") }
}
