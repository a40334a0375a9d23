// Ranges that do not end, and ranges that end too late.

space s() {
    input image: [3, 32, 32]
    let a = choose a in 16..=64 step 0 //~ E0216
    let b = choose b in 0..1000000 //~ E0216
    let c = choose c in 0.0..1.0 step 1e-9 //~ E0216
    let most = choose most in {1, 2}
    let d = [1, 2, 3][0..most] //~ E0217
    output y = image
}
