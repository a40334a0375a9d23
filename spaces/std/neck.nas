//! Necks: what joins the features of several resolutions into a pyramid.
//!
//! A level is half as high and wide as the one before. All blocks take their levels from fine to coarse and give theirs
//! in the same order, `out` channels each.

/// `count` coarser levels, after those of a pyramid: convolutions of stride 2, the first on `from` and the others each
/// on the one before; or, `pooled`, every second position of the last level.
block extra_levels(
    levels: [tensor],
    from,
    out: int,
    count: int,
    pooled: bool = false,
    activation: block = identity,
) {
    let last = if pooled { levels[len(levels) - 1] } else { from }
    for i in 0..count as extra {
        if pooled {
            last = last -> max_pool(1, stride: 2)
        } else {
            let source = if i > 0 { last -> activation } else { last }
            last = source -> conv(out, kernel: 3, stride: 2, bias: true)
        }
        levels = levels + [last]
    }
    levels
}

/// From coarse to fine, every level and the one below it, enlarged by repetition.
block top_down(levels: [tensor]) {
    let n = len(levels)
    let merged = [levels[n - 1]]
    for i in 1..n {
        let fine = levels[n - 1 - i]
        merged = [fine + (merged[0] -> resize(like: fine))] + merged
    }
    merged
}

/// Feature pyramid (Lin et al., CVPR 2017): a 1x1 on every level, the way from coarse to fine, a 3x3 on every level,
/// with biases and without normalisation; then `extra` coarser levels, which begin with the last of `levels`.
block fpn(
    levels: [tensor],
    out: int = 256,
    extra: int = 0,
    pooled: bool = false,
    bias: bool = true,
) {
    let lateral = for level in levels { level -> conv(out, bias: bias) }
    let smooth = for level in top_down(lateral) { level -> conv(out, kernel: 3, bias: bias) }
    extra_levels(smooth, from: levels[len(levels) - 1], out: out, count: extra, pooled: pooled)
}

/// Path aggregation (Liu et al., CVPR 2018): a feature pyramid, and a way back from fine to coarse by convolutions of
/// stride 2.
block pafpn(
    levels: [tensor],
    out: int = 256,
    extra: int = 0,
    pooled: bool = false,
    bias: bool = true,
) {
    let pyramid = fpn(levels, out: out, bias: bias)
    let gathered = [pyramid[0]]
    for i in 1..len(pyramid) as down {
        let coarse = gathered[i - 1] -> conv(out, kernel: 3, stride: 2, bias: bias)
        gathered = gathered + [pyramid[i] + coarse]
    }
    let smooth = for level in gathered[1..len(gathered)] {
        level -> conv(out, kernel: 3, bias: bias)
    }
    let finished = [gathered[0]] + smooth
    extra_levels(
        finished,
        from: finished[len(finished) - 1],
        out: out,
        count: extra,
        pooled: pooled,
    )
}

/// The sum of the features with one learned factor each, and a separable 3x3.
block weighted_sum(features: [tensor], out: int) {
    let sum = features[0] -> gain(per_channel: false)
    for i in 1..len(features) as input {
        sum = sum + (features[i] -> gain(per_channel: false))
    }
    sum -> swish -> dwconv(3) as depthwise -> conv(out, bias: true) as pointwise -> bn
}

/// Bidirectional pyramid (Tan, Pang and Le, "EfficientDet", CVPR 2020): `layers` times from coarse to fine and back.
/// The levels are brought to `out` channels first; `extra` coarser ones are pooled. The learned factors are not
/// normalised, which the paper calls unbounded fusion.
block bifpn(levels: [tensor], out: int = 64, layers: int = 3, extra: int = 2) {
    let features = for level in levels { level -> conv(out, bias: true) -> bn }
    if extra > 0 {
        let coarse = levels[len(levels) - 1] -> conv(out, bias: true) -> bn
        for i in 0..extra as extra {
            coarse = coarse -> max_pool(3, stride: 2)
            features = features + [coarse]
        }
    }
    let n = len(features)
    for l in 0..layers as layer {
        let inner = [features[n - 1]]
        for i in 1..n as up {
            let fine = features[n - 1 - i]
            inner = [weighted_sum([fine, inner[0] -> resize(like: fine)], out: out)] + inner
        }
        let merged = [inner[0]]
        for i in 1..n as down {
            let coarse = merged[i - 1] -> max_pool(3, stride: 2)
            // The coarsest level has no node of its own on the way up.
            let inputs = if i + 1 < n {
                [features[i], inner[i], coarse]
            } else {
                [features[i], coarse]
            }
            merged = merged + [weighted_sum(inputs, out: out)]
        }
        features = merged
    }
    features
}

/// The merging cells that NAS-FPN found, as `[level, attention, first, second]`.
const NAS_FPN = [
    [4, 1, 1, 3],
    [4, 0, 1, 5],
    [3, 0, 0, 6],
    [4, 0, 6, 7],
    [5, 1, 7, 8],
    [7, 1, 6, 9],
    [6, 1, 9, 10],
]

/// A feature of level `from` at level `to`, which is `height` times `width`: repeated where that is finer, the largest
/// of every square where it is coarser.
block at_level(x, from: int, to: int, height: int, width: int) {
    if from < to {
        x -> max_pool(2 ** (to - from), stride: 2 ** (to - from), pad: 0)
    } else if from > to {
        x -> resize(size: [height, width])
    } else {
        x
    }
}

/// The coarse feature, and as much of the fine one as the coarse one asks for.
block attention(coarse, fine) {
    let gate = coarse -> max_pool([coarse.height, coarse.width], stride: 1, pad: 0) -> sigmoid
    coarse + fine * gate
}

/// What comes after the merging of two features; `separable` is that of NAS-FPNLite.
block after_merging(x, out: int, separable: bool) {
    let y = x -> relu
    if separable {
        y -> dwconv(3) as depthwise -> conv(out) as pointwise -> bn
    } else {
        y -> conv(out, kernel: 3) -> bn
    }
}

/// One pass of `nas_fpn`, over levels of the same width.
block merging_cells(
    levels: [tensor],
    cells: [[int]],
    out: int,
    finest: int = 3,
    separable: bool = false,
) {
    let n = len(levels)
    let height = for level in levels { level.height }
    let width = for level in levels { level.width }
    let nodes = levels
    let places = for l in 0..n { finest + l }
    let used = for l in 0..n { false }
    for c in 0..len(cells) as cell {
        let [to, gated, a, b] = cells[c]
        let [h, w] = [height[to - finest], width[to - finest]]
        let first = nodes[a] -> at_level(from: places[a], to: to, height: h, width: w)
        let second = nodes[b] -> at_level(from: places[b], to: to, height: h, width: w)
        let sum = if gated == 0 {
            first + second
        } else if places[a] >= places[b] {
            attention(first, second)
        } else {
            attention(second, first)
        }
        used = for j in 0..len(nodes) { used[j] or j == a or j == b }
        if c >= len(cells) - n {
            // An output takes up what its level has and nothing has read.
            for j in 0..len(nodes) as rest {
                if places[j] == to and not used[j] { sum = sum + nodes[j] }
            }
        }
        nodes = nodes + [sum -> after_merging(out, separable: separable)]
        places = places + [to]
        used = used + [false]
    }
    let last = len(nodes) - n
    for l in 0..n as level {
        // One of the outputs is of this level.
        let node = levels[l]
        for j in 0..n as node {
            if places[last + j] == finest + l { node = nodes[last + j] }
        }
        node
    }
}

/// NAS-FPN (Ghiasi, Lin and Le, CVPR 2019): `layers` times a pyramid of merging cells, each the sum of two nodes, or
/// their attention, at one level. Nodes are counted from the levels on; the last cells are the outputs, one for every
/// level, and each also adds the nodes of its level that nothing has read. `cells` may depend on decisions.
///
/// Levels that have another width than `out` get a 1x1, and `extra` coarser levels are pooled.
block nas_fpn(
    levels: [tensor],
    out: int = 256,
    layers: int = 7,
    extra: int = 0,
    cells: [[int]] = NAS_FPN,
    separable: bool = false,
) {
    let features = for level in levels {
        if level.channels == out { level } else { level -> conv(out) -> bn }
    }
    for i in 0..extra as extra {
        features = features + [features[len(features) - 1] -> max_pool(2, stride: 2, pad: 0)]
    }
    for l in 0..layers as layer {
        features = merging_cells(features, cells: cells, out: out, separable: separable)
    }
    features
}
