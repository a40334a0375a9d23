//! Valid files with random changes: read or refused, never a panic, and never more than the limits.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::build::{Pickle, Storage, View, archive, counted, deflated, entry, floats, old, zipped};
use crate::pth::{Limits, from_bytes};

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

fn pickle(view: View) -> Vec<u8> {
    let storage = Storage { view, ..floats("0", 12) };
    let pickle = Pickle::new().raw(b"}(").text("epoch").int(3).text("state_dict").ordered_dict();
    let pickle = pickle.raw(b"q\x05(").text("w").tensor(&storage, 0, &[3, 4], &[4, 1]);
    let pickle = pickle.text("v").tensor(&storage, 2, &[2, 2], &[1, 4]).raw(b"u}");
    pickle.text("_metadata").raw(b"h\x05sbu").end()
}

fn seeds() -> Vec<Vec<u8>> {
    let plain = pickle(View::Absent);
    let packed = [
        deflated("data.pkl", &plain),
        entry("byteorder", b"little"),
        deflated("data/0", &counted(12)),
    ];
    let storages = [("0", 12, counted(12))];
    vec![
        zipped(&plain, &[("0", counted(12))]),
        archive(&packed),
        old(&pickle(View::None), &storages),
        old(&pickle(View::Part(0, 12)), &storages),
    ]
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        2 => {
            bytes.remove(at);
        }
        3 => bytes.insert(at, random.below(256) as u8),
        4 => {
            let end = (at + random.below(24)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        _ => {
            let end = (at + 8).min(bytes.len());
            bytes[at..end].fill(if random.below(2) == 0 { 0xff } else { 0 });
        }
    }
}

/// Checksums keep most changes from being looked at; a change inside a pickle is put into a sound file.
#[test]
fn changed_files_are_read_or_refused() {
    let limits = Limits { values: 1000, unpacked: 1 << 16, tensors: 1 << 12 };
    let seeds = seeds();
    for seed in &seeds {
        assert_eq!(from_bytes(seed, None, &limits).unwrap().tensors.len(), 2);
    }
    let mut random = Random(7);
    let (mut read, mut refused) = (0, 0);
    for round in 0..12_000 {
        let mut bytes = if round % 3 == 0 {
            let mut pickle = pickle(View::Absent);
            (0..=random.below(3)).for_each(|_| mutate(&mut pickle, &mut random));
            zipped(&pickle, &[("0", counted(12))])
        } else {
            seeds[random.below(seeds.len())].clone()
        };
        if round % 3 != 0 {
            (0..=random.below(3)).for_each(|_| mutate(&mut bytes, &mut random));
        }
        match from_bytes(&bytes, None, &limits) {
            Ok(state) => {
                let total: usize = state.tensors.iter().map(|(_, tensor)| tensor.bytes.len()).sum();
                assert!(total <= limits.tensors);
                read += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(read > 200 && refused > 5000, "{read} read, {refused} refused");
}
