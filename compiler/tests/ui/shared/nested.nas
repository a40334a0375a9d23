// Instances in instances, two instances in one place, and a name that is used again.
//~ show nodes params

space s() {
    input image: [4, 8, 8]
    let outer = shared |x| {
        let inner = shared conv(4) -> relu
        x -> inner -> inner
    }
    let a = image -> outer -> outer
    let b = a -> (shared conv(4)) -> (shared conv(4))
    let outer = b -> conv(4) -> relu //~ W0901
    output y = outer
}
