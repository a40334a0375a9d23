// Options that are missing, repeated, too many or no values.

space s() {
    input image: [3, 8, 8]
    let a = choose a in {3, 5, 3} //~ E0403
    let b = choose b in [] //~ E0403
    let c = choose c in 1..=2000 //~ E0403
    let d = image -> choose d { x: relu, x: identity } //~ E0403
    let e = choose e in {1, 2}
    let f = choose f in {e, 3} //~ E0404
    let g = choose g in {image, 3} //~ E0404
    let h = choose h in 3 //~ E0213
    output y = image -> conv(8)
}
