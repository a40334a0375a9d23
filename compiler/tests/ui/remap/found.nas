// A network that was found in a space may be the space's own seed.
//~ compile s
//~ show summary

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {3, 5}
    let stem = image -> conv(8, kernel: k)
    output y = stem

    remap found { depth: interleave }
}

derive found from "found.nas"#s {
    k.kernel = 3
}
