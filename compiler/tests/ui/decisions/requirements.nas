// A requirement that fails in some networks names the fewest decisions that show it.

space s() {
    input image: [3, 8, 8]
    let a = choose a in {1, 2, 3}
    let b = choose b in {1, 2, 3}
    require a + b <= 5, "a and b are {a} and {b}" //~ E0234
    require a <= 3
    require a + b < 3, "together at most 2" //~ E0234
    output y = image -> conv(a + b) -> conv(8)
}
