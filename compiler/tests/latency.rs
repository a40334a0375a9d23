//! Latencies by table: the units of published and of drawn spaces, and sums and limits by them, against
//! networks that are fixed and read one operation after the other.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod latency {
    mod drawn;
    mod imported;
    mod naive;
    mod published;
}

use std::collections::BTreeMap;

use nasc_compiler::cost::latency::{Entry, Header, Keys, LatencyTable};
use nasc_compiler::{Checked, Options, compile};

fn compiled(text: &str) -> Checked {
    let files: BTreeMap<String, String> = [("a.nas".to_owned(), text.to_owned())].into();
    let compilation = compile(&files, "a.nas", &Options::default()).unwrap();
    match compilation.checked {
        Some(ref space) => space.clone(),
        None => panic!("{}\n{text}", compilation.render()),
    }
}

/// A number for a key that looks like any other: no two sums are equal by accident.
fn nanoseconds(key: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    1000 + (hash >> 40)
}

fn table<'a>(keys: impl IntoIterator<Item = &'a String>) -> LatencyTable {
    let entry = |key: &String| {
        let median = nanoseconds(key);
        (key.clone(), Entry { median, p10: median, p90: median, n: 1 })
    };
    LatencyTable {
        header: Header {
            device: "none".to_owned(),
            threads: 1,
            batch: 1,
            dtype: "f32".to_owned(),
            libraries: Vec::new(),
            protocol: "made up".to_owned(),
            keys: Keys::Units,
        },
        entries: keys.into_iter().map(entry).collect(),
        additivity: None,
    }
}
