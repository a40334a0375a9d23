//! The blocks of torchvision's MobileNets, with the names that its state dicts give to their tensors.
//!
//! They are those of `std/mobilenet`; the names differ from network to network, so that a caller says them.

/// An inverted residual with or without squeeze-and-excite; a hidden width of `x.channels` has no expansion.
///
/// `names` are those of a convolution and its normalisation for expansion, depthwise, and projection; `squeeze` is that
/// of the squeeze-and-excite, which goes down to `reduce` channels.
block mbconv(
    x,
    out: int,
    hidden: int,
    names: [str],
    kernel: int = 3,
    stride: int = 1,
    activation: block = relu6,
    reduce: int = 0,
    squeeze: str = "",
) {
    let y = x
    if hidden != x.channels {
        y = y
            -> conv(hidden) as expand @key(torchvision: names[0])
            -> bn @key(torchvision: names[1])
            -> activation
    }
    y = y
        -> dwconv(kernel, stride: stride) as depthwise @key(torchvision: names[2])
        -> bn @key(torchvision: names[3])
        -> activation
    if reduce > 0 { y = y -> se(reduce, name: squeeze) }
    y = y -> conv(out) as project @key(torchvision: names[4]) -> bn @key(torchvision: names[5])
    if stride == 1 and x.channels == out { x + y } else { y }
}

/// Squeeze and excite.
block se(x, reduce: int, name: str) {
    let weight = x
        -> global_pool
        -> conv(reduce, bias: true) as reduce @key(torchvision: "{name}.fc1")
        -> relu
        -> conv(x.channels, bias: true) as expand @key(torchvision: "{name}.fc2")
        -> hsigmoid
    x * weight
}

/// A stage of V3: one inverted residual for each width in `hidden`, the first with the stride of the stage, and the
/// features number `first` of the network. Squeeze-and-excite goes down to a quarter of the hidden width, in multiples
/// of 8.
block stage_v3(
    x,
    out: int,
    first: int,
    hidden: [int],
    kernel: int = 3,
    stride: int = 1,
    squeeze: bool = false,
    activation: block = hswish,
) {
    for i in 0..len(hidden) {
        let name = "features.{first + i}.block"
        let depthwise = if hidden[i] == x.channels { 0 } else { 1 }
        let project = depthwise + if squeeze { 2 } else { 1 }
        x = x -> mbconv(
            out,
            hidden: hidden[i],
            kernel: kernel,
            stride: if i == 0 { stride } else { 1 },
            activation: activation,
            reduce: if squeeze { round_to(div(hidden[i], 4), 8) } else { 0 },
            squeeze: "{name}.{depthwise + 1}",
            names: [
                "{name}.0.0",
                "{name}.0.1",
                "{name}.{depthwise}.0",
                "{name}.{depthwise}.1",
                "{name}.{project}.0",
                "{name}.{project}.1",
            ],
        )
    }
    x
}
