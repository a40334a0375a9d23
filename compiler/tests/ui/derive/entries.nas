// Entries that are unknown, wrong, repeated, missing or superfluous.
//~ compile small

space s() {
    input image: [3, 8, 8]
    let a = choose a in {3, 5}
    let b = choose b in {3, 5}
    let c = choose c in {3, 5}
    output y = image -> conv(8, kernel: a) -> conv(8, kernel: b) -> conv(8, kernel: c)
}

derive small from "entries.nas"#s {
    a.kernel = 3 //~ E0408
    b = 7 //~ E0409
    c = 3
    c = 5 //~ E0409
    a = [3, 5] //~ E0409
}
