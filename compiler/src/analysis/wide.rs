//! Counters of 256 bits.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::tally::Tally;
use crate::random::Stream;

/// A number below 2^256. Sums and products are known to stay below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    high: u128,
    low: u128,
}

impl Ord for Wide {
    fn cmp(&self, other: &Self) -> Ordering {
        self.high.cmp(&other.high).then(self.low.cmp(&other.low))
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Wide {
    /// The digits to the base 2^64, the lowest first.
    fn digits(self) -> [u64; 4] {
        [self.low as u64, (self.low >> 64) as u64, self.high as u64, (self.high >> 64) as u64]
    }

    fn of([a, b, c, d]: [u64; 4]) -> Self {
        let join = |low, high| u128::from(high) << 64 | u128::from(low);
        Self { low: join(a, b), high: join(c, d) }
    }
}

impl Tally for Wide {
    fn zero() -> Self {
        Self { high: 0, low: 0 }
    }

    fn one() -> Self {
        Self { high: 0, low: 1 }
    }

    fn add(&mut self, other: &Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        *self = Self { high: self.high + other.high + u128::from(carry), low };
    }

    fn take(&mut self, other: &Self) {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        *self = Self { high: self.high - other.high - u128::from(borrow), low };
    }

    fn times(&self, other: &Self) -> Self {
        let mut made = [0_u64; 4];
        for (place, a) in self.digits().into_iter().enumerate() {
            let mut carry = 0_u128;
            for (made, b) in made[place..].iter_mut().zip(other.digits()) {
                let sum = u128::from(a) * u128::from(b) + u128::from(*made) + carry;
                *made = sum as u64;
                carry = sum >> 64;
            }
        }
        Self::of(made)
    }

    fn big(&self) -> BigUint {
        BigUint::from(self.high) << 128 | BigUint::from(self.low)
    }

    fn below(&self, stream: &mut Stream) -> Self {
        if self.high == 0 {
            return Self { high: 0, low: self.low.below(stream) };
        }
        let mut last = *self;
        last.take(&Self::one());
        let unused = last.high.leading_zeros();
        loop {
            let mut digits = [0; 4].map(|_: u64| stream.next_u64());
            if unused >= 64 {
                digits[3] = 0;
                digits[2] = digits[2].checked_shr(unused - 64).unwrap_or(0);
            } else {
                digits[3] >>= unused;
            }
            let drawn = Self::of(digits);
            if drawn < *self {
                return drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_counters_count_as_big_integers_do() {
        let mut stream = Stream::new(0, "wide", &[]);
        let mut drawn = |bits: u32| {
            let digits = [0; 4].map(|_: u64| stream.next_u64());
            let mut number = Wide::of(digits);
            number.low >>= 128 - bits.min(128);
            number.high = if bits > 128 { number.high >> (256 - bits) } else { 0 };
            number
        };
        for bits in [1, 40, 64, 100, 127] {
            for _ in 0..50 {
                let (a, b) = (drawn(bits), drawn(bits));
                assert_eq!(a.times(&b).big(), a.big() * b.big());
                let mut sum = a.times(&a);
                sum.add(&b);
                assert_eq!(sum.big(), a.big() * a.big() + b.big());
                assert_eq!(sum.minus(&b).big(), a.big() * a.big());
                assert_eq!(sum > b, sum.big() > b.big());
            }
        }
        let mut stream = Stream::new(0, "wide below", &[]);
        for number in [drawn(130), drawn(200), drawn(90), Wide { high: 1, low: 0 }] {
            for _ in 0..200 {
                assert!(number == Wide::zero() || number.below(&mut stream) < number);
            }
        }
        let half = Wide { high: 1 << 20, low: 0 };
        let number = Wide { high: 1 << 21, low: 7 };
        let above = (0..4000).filter(|_| number.below(&mut stream) > half).count();
        // Six standard deviations.
        assert!(above.abs_diff(2000) < 190, "{above}");
    }
}
