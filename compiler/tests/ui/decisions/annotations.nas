// What decisions, spaces and calls can be annotated with; other words mean nothing there.

space s() @frozen { //~ E0221
    input image: [3, 8, 8]
    let k = choose kernel in {3, 5} @shared //~ E0221
    let a = image -> conv(8, kernel: k) @own //~ E0221
    let b = a -> choose op { one: conv(8) @key(torchvision: "a"), two: identity } @transform //~ E0221
    let c = b -> conv(8) @key //~ E0221
    let d = c -> conv(8) @key("features.0") //~ E0221
    output o = d -> conv(8) @key(torchvision: k) //~ E0217
}
