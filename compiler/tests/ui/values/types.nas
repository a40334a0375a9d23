// Types that do not go together.

space s(depth: int = 2) {
    input image: [3, 32, 32]
    let a = if depth { 1 } else { 2 } //~ E0213
    let b = "a" + 1 //~ E0213
    let c = not 3 //~ E0213
    let d = image + 1 //~ E0213
    let e = depth[0] //~ E0213
    let f = match depth { "two": 1, _: 2 } //~ E0213
    let g = "shape {image}" //~ E0213
    let h = image[0.5..2] //~ E0213
    for i in 3 { } //~ E0213
    output y = image -> conv(8.5) //~ E0213
}
