// Every network is forbidden.

space s() { //~ E0407
    input image: [3, 8, 8]
    let k = choose kernel in {3, 5}
    forbid k == 3
    forbid k == 5
    output y = image -> conv(8, kernel: k)
}
