// Two alternatives that are the same operations on the same tensors.

block unit(x, kernel: int) {
    x -> conv(8, kernel: kernel) -> bn -> relu
}

block stage(x, kernels: [int], times: int) {
    for i in 0..times {
        x = x -> choose op {
            for k in kernels, again in [1, 3] { "k{k}_{again}": unit(if k == 3 { k } else { k * again }) }
        }
    }
    x
}

space s() {
    input image: [8, 32, 32]
    let shape = image -> choose shape { //~ W0904
        first: unit(3)
        second: conv(8, kernel: 3) -> bn -> relu
        third: unit(3) -> identity
        other: unit(5)
    }
    let towers = for i in 0..2 { shape -> unit(3) }
    // The towers are trained apart.
    let one = choose tower { left: towers[0], right: towers[1] }
    // The same in one of two stages alone: whoever wrote `stage` made no mistake.
    let stages = (one + towers[0] + towers[1]) -> stage([1], 1) -> stage([3], 2)
    let block = choose block { a: unit(3), b: unit(3), c: relu } //~ W0904
    let twice = stages -> block -> block
    let [low, high] = image -> choose taps { //~ W0904
        near: |x| [x, x -> relu]
        skip: |x| [x -> identity, x -> relu]
        far: |x| [x, x -> conv(8)]
    }
    output y = twice
    output taps = [low, high]
}
