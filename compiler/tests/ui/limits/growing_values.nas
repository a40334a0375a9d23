// Values that grow in every turn of a loop.

space s() {
    input image: [3, 32, 32]
    let nested = []
    let doubled = [1]
    let text = "a"
    let chain = relu
    for i in 0..1000 { nested = [nested] } //~ E0206
    for i in 0..1000 { doubled = doubled + doubled } //~ E0216
    for i in 0..1000 { text = text + text } //~ E0218
    for i in 0..1000 { chain = chain -> relu } //~ E0206
    output y = image
}
