// A residual whose widths differ under one combination of three decisions, among many sound ones.

block unit(x, out: int) {
    let k = choose kernel in {3, 5, 7}
    let e = choose expand in {1, 2, 3}
    x -> conv(out * e, kernel: k) -> bn -> relu -> conv(out)
}

space s() {
    input image: [3, 32, 32]
    let wide = choose wide in {true, false}
    let depth = choose depth in {2, 3, 4}
    let squeeze = choose squeeze in {1, 2, 4}
    // Twelve channels instead of sixteen, where all three come together.
    let width = if wide and depth == 4 and squeeze == 2 { 12 } else { 16 }
    let x = image -> conv(16, kernel: 3)
    for i in 0..depth as body { x = x -> unit(16) }
    let y = x -> conv(div(16, squeeze)) -> unit(width)
    output z = x + y -> conv(8) //~ E0319
}
