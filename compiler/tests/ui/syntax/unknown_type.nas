// Whoever calls a block with an unreadable type is not to blame.

block layer(x, out: integer) { //~ E0111
    x -> conv(out)
}

space s(width: number = 16) { //~ E0111
    input image: [3, 32, 32]
    output y = image -> layer(width)
}
