//! A choice of a value shares weights: every smaller width uses the leading channels of the largest tensor. One decision,
//! bound outside of a loop, holds for every layer that uses it.

space widths(classes: int = 10, size: int = 32) {
    input image: [3, size, size]

    let x = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    for stage in 0..2 {
        let width = choose width in {16, 24, 32, 48}
        for i in 0..2 {
            x = x
                -> conv(width, kernel: 3, stride: if i == 0 { 2 } else { 1 }) as layer
                -> bn
                -> relu
        }
    }

    output logits = x -> global_pool -> linear(classes)

    limit macs <= 2M
    limit params <= 40K
}
