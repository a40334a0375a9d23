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
