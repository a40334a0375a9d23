//! Units whose filters can be taken away quantum by quantum down to none, as NetAdaptV2 searches them: channel-level
//! bypass connections merge width and depth into one decision, and a super-kernel holds the smaller ones.
//!
//! Source: Yang et al., "NetAdaptV2: Efficient Neural Architecture Search with Fast Super-Network Training and
//! Architecture Optimization" (CVPR 2021), §2.2.
//!
//! Uncertain, because no code is public: where a unit of several layers begins and ends. Here a bypass spans the whole
//! unit, normalisation and activation included, so that a unit without filters is the identity. Units that halve the
//! resolution keep one quantum at least. A quantum is 8 filters, and 16 in units of more than 256.

import "std/attention" { se }

/// V1's separable unit with a bypass: `keep` filters are computed, and the channels behind them are those of the input.
/// None are carried past `limit`.
block bypassed(
    x,
    filters: int,
    limit: int = filters,
    kernels: [int] = [3, 5, 7],
    activation: block = relu6,
) {
    let quantum = if filters > 256 { 16 } else { 8 }
    let widths = for width in quantum..=filters step quantum { width }
    let kernel = choose kernel in kernels default kernels[len(kernels) - 1]
    let keep = choose keep in [0] + widths default filters
    let computed = x
        -> dwconv(kernel) as depthwise
        -> bn
        -> activation
        -> conv(keep) as pointwise
        -> bn
        -> activation
    bypass(computed, x, keep: keep, limit: limit)
}

/// The same where nothing can be carried on.
block strided(
    x,
    filters: int,
    stride: int = 2,
    kernels: [int] = [3, 5, 7],
    activation: block = relu6,
) {
    let quantum = if filters > 256 { 16 } else { 8 }
    let kernel = choose kernel in kernels default kernels[len(kernels) - 1]
    let keep = choose keep in quantum..=filters step quantum default filters
    x
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> activation
        -> conv(keep) as pointwise
        -> bn
        -> activation
}

/// V3's inverted residual: `keep` filters of at most `filters` are between expansion and projection. Where there is a
/// residual there may be none, and the residual is the bypass. The width of squeeze-and-excite stays that of the full
/// unit.
block inverted(
    x,
    out: int,
    filters: int,
    stride: int = 1,
    kernels: [int] = [3, 5, 7],
    activation: block = hswish,
    squeeze: bool = false,
) {
    let quantum = if filters > 256 { 16 } else { 8 }
    let residual = stride == 1 and x.channels == out
    // From the full width down, so that it is one of them where it is no multiple of the quantum.
    let least = mod(filters - 1, quantum) + 1
    let some = for width in least..=filters step quantum { width }
    let widths = if residual { [0] + some } else { some }
    let kernel = choose kernel in kernels default kernels[len(kernels) - 1]
    let keep = choose keep in widths default filters
    let branch = |x| x
        -> conv(keep) as expand
        -> bn
        -> activation
        -> dwconv(kernel, stride: stride) as depthwise
        -> bn
        -> activation
        -> if squeeze { se(round_to(div(filters, 4), 8)) } else { identity }
        -> conv(out) as project
        -> bn
    if not residual {
        x -> branch
    } else {
        if keep > 0 { x + (x -> branch) } else { x }
    }
}
