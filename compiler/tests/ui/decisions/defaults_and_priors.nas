// Defaults and priors speak of options.

space s() {
    input image: [3, 8, 8]
    let a = choose a in {3, 5, 7} default 4 //~ E0406
    let b = choose b in {3, 5} prior {3: 0.5, 9: 0.5} //~ E0406
    let c = choose c in {3, 5} prior {3: 0.5, 5: 0 - 1} //~ E0406
    let d = choose d in {3, 5} prior {3: 0, 5: 0} //~ E0406
    let e = image -> choose op default skp { skip: identity, act: relu } //~ E0406
    output y = image -> conv(8)
}
