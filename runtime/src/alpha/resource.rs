//! What a search pays for costly networks, one by one. What distributions pay in the mean is `sampler/price.rs`.

/// FP-NAS's penalty of one network: `max(0, cost / target − 1)`.
pub fn hinge(cost: f64, target: f64) -> f64 {
    (cost / target - 1.0).max(0.0)
}
