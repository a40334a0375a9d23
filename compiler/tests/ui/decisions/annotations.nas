// Annotations of decisions: two are for later, others mean nothing.

space s() @own { //~ E0299
    input image: [3, 8, 8]
    let k = choose kernel @transform in {3, 5} //~ E0299
    let w = choose width @owned in {8, 16} //~ E0221
    output y = image -> conv(w, kernel: k) -> conv(8)
}
