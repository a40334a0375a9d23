//! Counter-based random streams: every number is a pure function of (seed, purpose, counters, position).
//!
//! A [`Stream`] is opened by name, never passed along: `Stream::new(run_seed, "augment", &[epoch, item])`
//! holds the same numbers whoever asks first. Results therefore do not depend on the number of
//! threads, on the order of work, or on whether a run was interrupted and resumed. There is no
//! global generator, no entropy from the system, and no state worth saving.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
//! 1, 2, 3", SC 2011). The last counter and the position stand in Philox's counter words, so streams
//! that differ there alone never overlap; seed, purpose and earlier counters are mixed into its
//! 64-bit key by steps that are one-to-one in each argument, so changing one of them always
//! changes the key.
//!
//! Floating-point results use only operations that IEEE 754 rounds exactly (no platform `ln`, `exp`
//! or `sin`), hence are bit-identical on every machine. Not for cryptography.

use std::f64::consts::{LN_2, SQRT_2};

/// An endless sequence of random numbers, fixed by its name.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    /// Position in blocks, and the last counter.
    position: u64,
    item: u64,
    /// The words of the present block, of which `used` are spent.
    block: [u32; 4],
    used: usize,
    /// The second value of the last pair of normals.
    spare: Option<f64>,
}

impl Stream {
    /// The stream of `purpose` at `counters` in the run of `seed`.
    ///
    /// Put the counter that varies fastest last. Streams of different length of `counters` differ.
    pub fn new(seed: u64, purpose: &str, counters: &[u64]) -> Self {
        let mut key = mix(seed ^ mix(fnv1a(purpose.as_bytes())));
        key = mix(key ^ counters.len() as u64);
        let (item, outer) =
            counters.split_last().map_or((0, counters), |(item, outer)| (*item, outer));
        for &counter in outer {
            key = mix(key ^ counter);
        }
        let key = [key as u32, (key >> 32) as u32];
        Self { key, position: 0, item, block: [0; 4], used: 4, spare: None }
    }

    /// 64 uniform bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if self.used == 4 {
            self.refill();
        }
        let low = u64::from(self.block[self.used]);
        let high = u64::from(self.block[self.used + 1]);
        self.used += 2;
        high << 32 | low
    }

    fn refill(&mut self) {
        let (position, item) = (self.position, self.item);
        let counter = [position as u32, (position >> 32) as u32, item as u32, (item >> 32) as u32];
        self.block = philox4x32(counter, self.key);
        self.position = position.wrapping_add(1);
        self.used = 0;
    }

    /// A uniform integer in `0..n`, without bias (Lemire's multiplication with rejection).
    ///
    /// # Panics
    /// If `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "no integer lies below 0");
        // The first `2^64 mod n` products of each residue would be drawn once too often.
        let surplus = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// A uniform number in `[0, 1)`, a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A uniform number in `[lo, hi)`; `lo` when the interval is empty.
    #[inline]
    pub fn range(&mut self, lo: f64, hi: f64) -> f64 {
        let value = lo + (hi - lo) * self.unit();
        // Rounding may land on the open end.
        if value < hi { value } else { lo }
    }

    /// A number in `[lo, hi]` whose logarithm is uniform; both ends must be positive.
    pub fn log_range(&mut self, lo: f64, hi: f64) -> f64 {
        exact_exp(self.range(exact_ln(lo), exact_ln(hi))).clamp(lo, hi)
    }

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number of the normal distribution of mean 0 and variance 1 (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        loop {
            let x = 2.0 * self.unit() - 1.0;
            let y = 2.0 * self.unit() - 1.0;
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * exact_ln(square) / square).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// A point of the unit circle, uniform by angle.
    pub fn direction(&mut self) -> (f64, f64) {
        loop {
            let x = 2.0 * self.unit() - 1.0;
            let y = 2.0 * self.unit() - 1.0;
            let square = x * x + y * y;
            if square > 1e-6 && square <= 1.0 {
                let length = square.sqrt();
                return (x / length, y / length);
            }
        }
    }

    /// One of the items, each as likely as the others; `None` when there are none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }

    /// Brings the items into an order drawn uniformly (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// The integers `0..n` in an order drawn uniformly.
    pub fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}

/// The Philox4x32 block function with ten rounds.
#[inline]
fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
    const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    let ([mut a, mut b, mut c, mut d], [mut k0, mut k1]) = (counter, key);
    for _ in 0..10 {
        let (first, second) = (u64::from(a) * MULTIPLIERS[0], u64::from(c) * MULTIPLIERS[1]);
        (a, b, c, d) = (
            (second >> 32) as u32 ^ b ^ k0,
            second as u32,
            (first >> 32) as u32 ^ d ^ k1,
            first as u32,
        );
        (k0, k1) = (k0.wrapping_add(WEYL[0]), k1.wrapping_add(WEYL[1]));
    }
    [a, b, c, d]
}

/// The finaliser of `SplitMix64`: one-to-one, and every bit of input reaches every bit of output.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ word >> 31
}

/// FNV-1a with 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The natural logarithm of a positive normal number, the same on every machine.
///
/// `x = m 2^e` with `m` in [1/sqrt 2, sqrt 2); `ln m = 2 artanh((m - 1) / (m + 1))` by its series, of
/// which 12 terms leave less than one unit in the last place.
pub(crate) fn exact_ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52 & 0x7FF) as i32 - 1023;
    let mut mantissa = f64::from_bits(bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = (0..12).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) * LN_2 + 2.0 * ratio * series
}

/// The exponential function for arguments of modest size (|x| < 700), the same on every machine.
pub(crate) fn exact_exp(x: f64) -> f64 {
    let power = (x / LN_2).round();
    let rest = x - power * LN_2;
    let series = (1..=16).rev().fold(1.0, |sum, k| 1.0 + sum * rest / f64::from(k));
    series * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published known answers of Random123 for philox4x32 with ten rounds.
    #[test]
    fn philox_gives_the_known_answers() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([!0; 4], [!0; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, answer) in cases {
            assert_eq!(philox4x32(counter, key), answer);
        }
    }

    #[test]
    fn a_name_fixes_the_numbers() {
        let numbers =
            |mut stream: Stream| -> Vec<u64> { (0..9).map(|_| stream.next_u64()).collect() };
        let reference = numbers(Stream::new(7, "augment", &[3, 5]));
        assert_eq!(reference, numbers(Stream::new(7, "augment", &[3, 5])));
        for other in [
            Stream::new(8, "augment", &[3, 5]),
            Stream::new(7, "order", &[3, 5]),
            Stream::new(7, "augment", &[5, 3]),
            Stream::new(7, "augment", &[3, 5, 0]),
            Stream::new(7, "augment", &[5]),
            Stream::new(7, "augment", &[]),
        ] {
            let other = numbers(other);
            assert!(reference.iter().all(|number| !other.contains(number)));
        }
        assert_ne!(numbers(Stream::new(7, "x", &[])), numbers(Stream::new(7, "x", &[0])));
    }

    /// Stored results depend on the mixing of names; the numbers are those of a second implementation.
    #[test]
    fn the_numbers_of_a_name_never_change() {
        let mut stream = Stream::new(1, "augment", &[2, 3]);
        let numbers = [stream.next_u64(), stream.next_u64(), stream.next_u64()];
        assert_eq!(numbers, [0x36ae_3b39_d863_60b9, 0x6195_d382_9988_0e8c, 0x1deb_0ca0_9fa8_1e98]);
    }

    #[test]
    fn below_is_uniform_and_in_range() {
        let mut stream = Stream::new(0, "below", &[]);
        let mut seen = [0_u32; 7];
        for _ in 0..70_000 {
            seen[stream.below(7) as usize] += 1;
        }
        // Six standard deviations of a binomial count of mean 10,000 are 556.
        assert!(seen.iter().all(|&count| count.abs_diff(10_000) < 556), "{seen:?}");
        assert_eq!(stream.below(1), 0);
        // Half of all 64-bit products would be wrong without rejection here.
        let n = (1 << 63) + 1;
        assert!((0..100).all(|_| stream.below(n) < n));
    }

    #[test]
    fn units_and_normals_have_their_moments() {
        let mut stream = Stream::new(0, "moments", &[]);
        let count = 200_000;
        let (mut unit, mut mean, mut square, mut fourth) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..count {
            let (u, z) = (stream.unit(), stream.normal());
            assert!((0.0..1.0).contains(&u));
            unit += u;
            mean += z;
            square += z * z;
            fourth += z * z * z * z;
        }
        let count = f64::from(count);
        assert!((unit / count - 0.5).abs() < 0.004);
        assert!((mean / count).abs() < 0.015);
        assert!((square / count - 1.0).abs() < 0.02);
        assert!((fourth / count - 3.0).abs() < 0.15);
    }

    #[test]
    fn ranges_hold_their_ends() {
        let mut stream = Stream::new(0, "range", &[]);
        for _ in 0..1000 {
            assert!((-2.0..3.0).contains(&stream.range(-2.0, 3.0)));
            assert!((0.75..=4.0 / 3.0).contains(&stream.log_range(0.75, 4.0 / 3.0)));
            let (x, y) = stream.direction();
            assert!((x * x + y * y - 1.0).abs() < 1e-12);
        }
        assert_eq!(stream.range(2.0, 2.0), 2.0);
        assert_eq!(stream.log_range(1.0, 1.0), 1.0);
    }

    #[test]
    fn logarithm_and_exponential_agree_with_the_platform() {
        let mut stream = Stream::new(0, "exact", &[]);
        for _ in 0..10_000 {
            let x = stream.range(1e-9, 50.0);
            assert!((exact_ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1.0), "ln {x}");
            assert!((exact_exp(x) / x.exp() - 1.0).abs() < 1e-13, "exp {x}");
        }
    }

    #[test]
    fn shuffles_are_permutations_without_preference() {
        let mut stream = Stream::new(0, "shuffle", &[]);
        let mut first = [0_u32; 5];
        for _ in 0..50_000 {
            let order = stream.permutation(5);
            first[order[0] as usize] += 1;
            let mut sorted = order;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
        }
        assert!(first.iter().all(|&count| count.abs_diff(10_000) < 540), "{first:?}");
        assert!(stream.permutation(0).is_empty());
        assert_eq!(stream.choose::<u8>(&[]), None);
        assert_eq!(stream.choose(&[4]), Some(&4));
    }
}
