//~^ E0237 of the command: nothing in the file has that name.
//~ compile larg

space large() {
    input image: [3, 8, 8]
    output y = image -> conv(8)
}
