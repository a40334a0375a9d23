//! Heads: what turns the last features into answers.

/// Classification: an optional 1x1 to `features` channels, the mean over all positions, an optional linear layer to
/// `hidden` channels, dropout, and a linear layer.
block classifier(
    x,
    classes: int,
    features: int = 0,
    hidden: int = 0,
    drop: float = 0.0,
    bias: bool = true,
    activation: block = relu6,
) {
    let y = x
    if features > 0 {
        y = y -> conv(features) -> bn -> activation
    }
    y = y -> global_pool
    if hidden > 0 {
        y = y -> linear(hidden) as hidden -> activation
    }
    if drop > 0.0 {
        y = y -> dropout(drop)
    }
    y -> linear(classes, bias: bias)
}

/// The towers of RetinaNet, one for classes and one for boxes, shared by all levels; `anchors` boxes at every position.
/// The result is the class logits of every level, and the box offsets of every level.
block retinanet(
    levels: [tensor],
    classes: int,
    anchors: int = 9,
    width: int = 256,
    tower: int = 4,
) {
    let class_tower = shared |x| {
        for i in 0..tower { x = x -> conv(width, kernel: 3, bias: true) -> relu }
        x -> conv(anchors * classes, kernel: 3, bias: true) as logits
    }
    let box_tower = shared |x| {
        for i in 0..tower { x = x -> conv(width, kernel: 3, bias: true) -> relu }
        x -> conv(anchors * 4, kernel: 3, bias: true) as offsets
    }
    [for level in levels { level -> class_tower }, for level in levels { level -> box_tower }]
}

/// Four more levels below the last one: 1x1 to `mid`, then a separable 3x3 of stride 2 to `out` for each `[mid, out]`.
/// The result is all levels.
block ssd_extras(
    levels: [tensor],
    widths: [[int]] = [[256, 512], [128, 256], [128, 256], [64, 128]],
    activation: block = relu6,
) {
    for [mid, out] in widths as extra {
        let last = levels[len(levels) - 1]
        let next = last
            -> conv(mid) as reduce
            -> bn
            -> activation
            -> dwconv(3, stride: 2) as depthwise
            -> bn
            -> activation
            -> conv(out) as pointwise
            -> bn
            -> activation
        levels = levels + [next]
    }
    levels
}

/// A depthwise 3x3 and a 1x1 that ends in a normalisation.
block ssdlite_predictor(x, out: int) {
    x -> dwconv(3) as depthwise -> bn -> relu6 -> conv(out) as pointwise -> bn
}

/// SSDLite, with towers of its own at every level; `anchors` says how many boxes each level has at a position, and
/// `classes` counts the background. The result is the class logits of every level, and the box offsets of every level.
block ssdlite(levels: [tensor], classes: int, anchors: [int] = [4, 6, 6, 6, 4, 4]) {
    let offsets = for i in 0..len(levels) { levels[i] -> ssdlite_predictor(anchors[i] * 4) }
    let logits = for i in 0..len(levels) { levels[i] -> ssdlite_predictor(anchors[i] * classes) }
    [logits, offsets]
}

/// One answer per position, at the resolution of `like`.
block dense(x, like, classes: int, align_corners: bool = true) {
    x
        -> conv(classes, bias: true) as logits
        -> resize(like: like, mode: "bilinear", align_corners: align_corners)
}

/// A dilated depthwise 3x3 and a 1x1, each with a normalisation and an activation.
block atrous_separable(x, out: int, rate: int, kernel: int = 3) {
    x
        -> dwconv(kernel, dilation: rate) as depthwise
        -> bn
        -> relu
        -> conv(out) as pointwise
        -> bn
        -> relu
}

/// Atrous spatial pyramid pooling: a 1x1, a 3x3 for every rate, and the mean over all positions, joined and brought back
/// to `out` channels. `separable` says whether the 3x3 are depthwise and 1x1.
block aspp(
    x,
    out: int = 256,
    rates: [int] = [6, 12, 18],
    separable: bool = true,
    drop: float = 0.1,
) {
    let point = x -> conv(out) -> bn -> relu
    let atrous = for rate in rates {
        if separable {
            x -> atrous_separable(out, rate: rate)
        } else {
            x -> conv(out, kernel: 3, dilation: rate) -> bn -> relu
        }
    }
    let pooled = x
        -> global_pool
        -> conv(out)
        -> bn
        -> relu
        -> resize(like: x, mode: "bilinear", align_corners: true)
    let joined = concat([point] + atrous + [pooled]) -> conv(out) -> bn -> relu
    if drop > 0.0 { joined -> dropout(drop) } else { joined }
}

/// `DeepLabv3`: the pyramid and a classifier at the resolution of `like`. The rates are those of an output stride of 16;
/// at 8 they double.
block deeplabv3(
    x,
    like,
    classes: int,
    output_stride: int = 16,
    width: int = 256,
    separable: bool = true,
) {
    let rates = for rate in [6, 12, 18] { rate * div(16, output_stride) }
    x -> aspp(width, rates: rates, separable: separable) -> dense(like: like, classes: classes)
}

/// The decoder of `DeepLabv3+`: the context at the resolution of a detail, two convolutions of size 3 on both, and a
/// classifier at the resolution of `like`.
block refine(context, detail, like, classes: int, width: int = 256, separable: bool = true) {
    let large = context -> resize(like: detail, mode: "bilinear", align_corners: true)
    let y = concat(large, detail)
    for i in 0..2 as refine {
        y = if separable {
            y -> atrous_separable(width, rate: 1)
        } else {
            y -> conv(width, kernel: 3) -> bn -> relu
        }
    }
    y -> dense(like: like, classes: classes)
}

/// `DeepLabv3+`: the pyramid, joined with `low`, a feature of stride 4, before the classifier.
block deeplabv3plus(
    x,
    low,
    like,
    classes: int,
    output_stride: int = 16,
    width: int = 256,
    low_width: int = 48,
) {
    let rates = for rate in [6, 12, 18] { rate * div(16, output_stride) }
    let detail = low -> conv(low_width) -> bn -> relu
    let context = x -> aspp(width, rates: rates)
    refine(context, detail, like: like, classes: classes, width: width)
}

/// Lite R-ASPP of MobileNetV3: a 1x1 gated by the mean over all positions, its logits added to those of `low`, a finer
/// feature.
block lraspp(x, low, like, classes: int, width: int = 128) {
    let gate = x -> global_pool -> conv(width) -> sigmoid
    let context = (x -> conv(width) -> bn -> relu) * gate
    let coarse = context
        -> resize(like: low, mode: "bilinear", align_corners: true)
        -> conv(classes, bias: true) as high_logits
    let logits = coarse + (low -> conv(classes, bias: true) as low_logits)
    logits -> resize(like: like, mode: "bilinear", align_corners: true)
}

/// The decoder of FastDepth: for every width a separable convolution of size `kernel`, then twice the resolution; what
/// stands at the same place in `skips` is added there, unless it is missing (`[]`). The result has one channel and is
/// not negative.
block decoder(x, skips: [[tensor]] = [], widths: [int] = [512, 256, 128, 64, 32], kernel: int = 5) {
    for i in 0..len(widths) as level {
        x = x
            -> dwconv(kernel) as depthwise
            -> bn
            -> relu
            -> conv(widths[i]) as pointwise
            -> bn
            -> relu
            -> resize(scale: 2)
        if i < len(skips) {
            for skip in skips[i] { x = x + skip }
        }
    }
    x -> conv(1) as depth -> bn -> relu
}

/// The head of the simple baselines for pose: transposed convolutions that double the resolution, and a map for every
/// joint.
block deconv(x, joints: int, layers: int = 3, width: int = 256, kernel: int = 4) {
    for i in 0..layers as up {
        x = x -> conv_transpose(width, kernel: kernel, stride: 2, pad: 1) -> bn -> relu
    }
    x -> conv(joints, bias: true) as heatmaps
}

/// A region proposal network, shared by all levels: whether there is something, and the box offsets, for `anchors` boxes
/// at every position. `guided` first predicts where a box lies and how large it is; a 3x3 adapts the features to that,
/// where the published one is deformable. The result is a list for every level.
block proposals(levels: [tensor], width: int = 256, anchors: int = 3, guided: bool = false) {
    let proposal = shared |x| {
        let y = x -> conv(width, kernel: 3, bias: true) as hidden -> relu
        if guided {
            let place = y -> conv(1, bias: true) as place
            let size = y -> conv(2, bias: true) as size
            let adapted = y -> conv(width, kernel: 3, bias: true) as adapt -> relu
            let logits = adapted -> conv(1, bias: true) as logits
            [logits, adapted -> conv(4, bias: true) as offsets, place, size]
        } else {
            let logits = y -> conv(anchors, bias: true) as logits
            [logits, y -> conv(anchors * 4, bias: true) as offsets]
        }
    }
    for level in levels { level -> proposal }
}

/// What a detector says of a region, `[C, 7, 7]` of the pyramid: two linear layers, then the class, background included,
/// and the box offsets of `boxes` classes.
block region_head(regions, classes: int, boxes: int = classes - 1, hidden: int = 1024) {
    let y = regions -> flatten -> linear(hidden) as fc1 -> relu -> linear(hidden) as fc2 -> relu
    [y -> linear(classes) as logits, y -> linear(boxes * 4) as offsets]
}
