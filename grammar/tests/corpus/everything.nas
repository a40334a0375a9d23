//! Every form of the language once; what it says makes no sense.
//!
//! The second paragraph.

import "std/mobilenet" { mbconv, se as squeeze }
import "blocks.nas" as own

/// A constant.
/// On two lines.
const WIDTHS = [[16, 1], [24, 2]]
const LIMIT = 1_000 // behind

// A comment between items.

block annotated(x, out: int, names: [str] = ["a"], table: [[int]], body: block = relu, p: float = 1e-3) {
    x -> conv(out, kernel: [3, 3]) as reduce @key(torchvision: "features.{out}.0") @per_use -> bn
}

network seed() { output y = zero }

space everything(classes: int = 10, deep: bool = true) @own {
    let r = choose resolution in {192, 224}
    input image: [3, r, r]
    defaults bn { eps: 1e-2, momentum: 0.1 }
    defaults conv {
        bias: true
        pad: 0
    }

    /// The stem.
    let stem = image -> conv(16, stride: 2)
        // a comment inside a pipe
        -> bn
        -> relu // behind a stage
    let [a, _, [b, c]] = split(stem, 3)

    let tower = shared conv(256, kernel: 3) -> relu
    let twice = |x| x -> tower -> tower
    let add = |x, by: int = 1| { let y = x + by; y }
    let nothing = || zero

    let w = choose width in 16..=64 step 8 @own
    let v = choose kernel in {3, 5, 7} default 3 @transform
    let u = choose kind in names prior {a: 0.7, b: 0.3}
    let x = stem -> choose op prior { k3_e6: 0.5, skip: 0.5 } default skip @own {
        for k in [3, 5, 7], [e, s] in table { "k{k}_e{e}": mbconv(w, kernel: k, expand: e) }
        if deep and not false {
            3x3: conv(3)
            sep-3+se: conv(3) -> se(4)
        } else if r == 192 { mid: identity } else { skip: identity }

        match: { x -> relu }
    }
    let z = keep 2 of edges @own { e0: a, e1: b -> relu, e2: c }

    for i in 0..LIMIT as tail {
        x = if i == 0 { x -> relu } else if i > 2 or deep { x } else { x -> bn }
    }
    let all = for [n, d] in WIDTHS, k in [3] { x -> conv(n, kernel: k) }
    x = x -> match u { "a": conv(1), -1: bn, 0.5: relu, true: { |y| y + y }, _: identity }
    x = a[0] + a[1..] * a[..2] - a[1..2] / -a[1..=2][0] ** 2 ** -x.channels
    let text = "plain" + "a{x}b{{c}}\n\"{"inner {x}"}" + ""
    let sizes = [12ms, 3us, 1s, 4MB, 1.5G, 330M, 0.5]
    (x -> relu) -> own.block(if: 1, in: not deep, step: (1 + 2) * 3)

    output logits = x -> global_pool -> linear(classes)
    output [p, q] = [x, z]
    limit macs <= 330M
    limit params in 3M..=5M
    limit latency("pixel1") <= 60ms
    limit macs(backbone) < 300M
    forbid w == 16 and v > 3
    require x.channels > 0, "no {x} channels"
    remap seed(classes: 3) {
        depth: last
        s2.0 from stage2.op_1
    }
}

derive found from "everything.nas"#everything(classes: 10) @hash("0123abcd") {
    s1.0.op = k3_e6
    s1.1_2.width = 24
    ratio = 0.5; odd = "a label"
    edges = [e0, e2]
}
