// The names at the top of a file that holds a space, unless somebody imports it.

block layer(x) {
    x -> relu
}

block for_others(x) { //~ W0906
    x
}

space own() {
    input image: [3, 32, 32]
    output y = image -> layer
}
