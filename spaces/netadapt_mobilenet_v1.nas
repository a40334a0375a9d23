//! NetAdapt on MobileNetV1: the width of every convolution that is not depthwise, the classifier aside, in steps of
//! eight; 2^73 networks. The seed architecture is MobileNetV1 itself.
//!
//! Source: Yang et al., "NetAdapt: Platform-Aware Neural Network Adaptation for Mobile Applications" (ECCV 2018), §3,
//! and its published code, which narrows fourteen layers of a MobileNetV1 with ten classes. A depthwise convolution
//! has the width of what it reads.
//!
//! NetAdapt goes from the widest network down, one layer at a time. It keeps the filters of largest norm and slices
//! the others away for good; here a narrower layer keeps its leading filters, as a supernet does. The networks are
//! the same.

import "std/head" { classifier }

/// A width of at most `full` channels, in steps of eight.
block pointwise(x, full: int) {
    let width = choose width in 8..=full step 8 default full
    x -> conv(width) -> bn -> relu
}

space netadapt_mobilenet_v1(classes: int = 10, size: int = 224) {
    input image: [3, size, size]

    let width = choose width in 8..=32 step 8 default 32
    let stem = image -> conv(width, kernel: 3, stride: 2) -> bn -> relu
    let x = stem
    for [full, stride] in [
        [64, 1],
        [128, 2],
        [128, 1],
        [256, 2],
        [256, 1],
        [512, 2],
        [512, 1],
        [512, 1],
        [512, 1],
        [512, 1],
        [512, 1],
        [1024, 2],
        [1024, 1],
    ] as layer {
        x = x -> dwconv(3, stride: stride) as depthwise -> bn -> relu -> pointwise(full)
    }

    output logits = x -> classifier(classes)
}
