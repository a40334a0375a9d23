// A label names its operation in block values, arms and alternatives too, and the whole of what stands in
// parentheses.
//~ show nodes

block unit(x) {
    x -> conv(8) as inner -> bn
}

space s(kind: str = "a") {
    input image: [8, 8, 8]
    let both = relu -> conv(8) as first -> conv(8) as second
    let one = image -> both
    let two = one -> (conv(8) -> conv(8)) as pair
    let three = two -> match kind { "a": conv(8) as arm, _: relu }
    let four = three -> choose op { x: conv(8) as alone, y: relu -> conv(8) as last }
    let five = four -> if kind == "a" { conv(8) as yes } else { relu }
    let six = five -> (unit) as boxed -> relu
    let seven = (six -> conv(8)) as late
    let eight = concat(seven, six) as joined
    let nine = (eight + eight) as sum
    let shown = choose pick { a: nine -> conv(16) as alt, b: nine }
    let again = shown -> both -> both
    output y = again
}
