// Arguments and parameters that do not meet show the signature.

block layer(x, out: int, kernel: int = 3) {
    x -> conv(out, kernel: kernel) -> relu
}

space s() {
    input image: [3, 32, 32]
    let a = image -> layer(8, kernal: 3) //~ E0210
    let b = image -> layer //~ E0211
    let c = image -> layer(8, 3, 5) //~ E0212
    let d = image -> layer(8, out: 8) //~ E0212
    let e = image -> layer(image, 8) //~ E0213
    output y = image
}
