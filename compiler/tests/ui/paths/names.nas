// Where names on paths come from: `let`, label, loop, block, operation, and numbers where one is taken.
//~ show nodes

block layer(x) {
    x -> conv(4) -> conv(4) as reduce -> relu
}

space s() {
    input image: [4, 8, 8]
    let single = image -> conv(4)
    let chain = single -> conv(4) -> conv(4) -> bn
    let block = chain -> layer
    let two = block -> layer -> layer
    let nested = (two -> conv(4)) + (two -> conv(4) as right)
    let y = nested
    for i in 0..2 as tail { y = y -> conv(4) }
    for i in 0..1, j in 0..2 { y = y -> relu }
    y = y -> conv(4)
    y = y -> layer
    output z = y -> bn
}
