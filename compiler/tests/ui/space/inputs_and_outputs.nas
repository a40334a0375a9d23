// Inputs and outputs: where they stand, what they are, and what they are called.

block layer(x) {
    output inner = x //~ E0230
    input other: [3] //~ E0230
    x
}

space s() {
    input image: [3, 8, 8]
    input wrong: [3, 8, 0] //~ E0231
    input flat: 3 //~ E0231
    output a = image -> layer
    output b = image.height //~ E0232
    output [c, d] = [image, image -> relu]
    output c = image //~ E0233
    output e = [image, image]
}
