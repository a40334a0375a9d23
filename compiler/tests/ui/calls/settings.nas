// A setting for a parameter that the space does not have.
//~ set clases=10

space s(classes: int = 1000) { //~ E0210
    input image: [3, 32, 32]
    output y = image -> global_pool -> linear(classes)
}
