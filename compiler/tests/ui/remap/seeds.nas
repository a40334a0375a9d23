// A seed is a network.
//~ compile no_network

block layer(x) {
    x -> relu
}

space no_network() {
    input image: [3, 32, 32]
    output y = image -> layer

    remap layer {} //~ E0602
}
