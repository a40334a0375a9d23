// Limits that leave nothing, and options that meet none.

space s() {
    input image: [3, 32, 32]
    let k = choose kernel in {1, 3, 5, 7} //~ W0907
    let w = choose width in {8, 32, 512} //~ W0907
    let body = image -> conv(w, kernel: k)
    let x = body
    for i in 0..3 as layer {
        // Too dear in the first of three places only would be no mistake.
        x = x -> choose op { conv: conv(8, kernel: 3), cheap: conv(8) }
    }
    output y = x
    limit macs(body) in 500K..=1200K
    limit macs <= 2500K
    limit params <= 20 //~ W0908
    limit memory <= 2KiB //~ W0908
    limit memory_training >= 1GB //~ W0908
    limit latency("pixel1") <= 1us //~ W0910
}
