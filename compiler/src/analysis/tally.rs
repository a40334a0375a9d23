//! Counters: machine integers where they suffice, big ones elsewhere.

use num_bigint::BigUint;

use crate::random::Stream;

/// A number of networks.
pub(super) trait Tally: Clone + Ord {
    /// None.
    fn zero() -> Self;
    /// One.
    fn one() -> Self;
    /// Adds to it.
    fn add(&mut self, other: &Self);
    /// Takes from it what is not larger.
    fn take(&mut self, other: &Self);
    /// `self - other`, which is not larger.
    fn minus(&self, other: &Self) -> Self {
        let mut left = self.clone();
        left.take(other);
        left
    }
    /// The product, which is known to fit.
    fn times(&self, other: &Self) -> Self;
    /// The same as a big integer.
    fn big(&self) -> BigUint;
    /// A uniform number below `self`, which is not zero.
    fn below(&self, stream: &mut Stream) -> Self;
}

impl Tally for u128 {
    fn zero() -> Self {
        0
    }

    fn one() -> Self {
        1
    }

    fn add(&mut self, other: &Self) {
        *self += other;
    }

    fn take(&mut self, other: &Self) {
        *self -= other;
    }

    fn times(&self, other: &Self) -> Self {
        self * other
    }

    fn big(&self) -> BigUint {
        BigUint::from(*self)
    }

    fn below(&self, stream: &mut Stream) -> Self {
        if let Ok(small) = u64::try_from(*self) {
            return Self::from(stream.below(small));
        }
        let unused = (self - 1).leading_zeros();
        loop {
            let drawn = Self::from(stream.next_u64()) << 64 | Self::from(stream.next_u64());
            if drawn >> unused < *self {
                return drawn >> unused;
            }
        }
    }
}

impl Tally for BigUint {
    fn zero() -> Self {
        Self::ZERO
    }

    fn one() -> Self {
        Self::from(1_u32)
    }

    fn add(&mut self, other: &Self) {
        *self += other;
    }

    fn take(&mut self, other: &Self) {
        *self -= other;
    }

    fn times(&self, other: &Self) -> Self {
        self * other
    }

    fn big(&self) -> BigUint {
        self.clone()
    }

    fn below(&self, stream: &mut Stream) -> Self {
        let bits = self.bits();
        loop {
            let mut digits: Vec<u32> = Vec::new();
            for _ in 0..bits.div_ceil(64) {
                let word = stream.next_u64();
                digits.extend([word as u32, (word >> 32) as u32]);
            }
            let drawn = Self::new(digits) >> (bits.div_ceil(64) * 64 - bits);
            if drawn < *self {
                return drawn;
            }
        }
    }
}
