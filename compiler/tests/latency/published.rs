//! The keys of published spaces.

use std::collections::BTreeSet;

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::latency::{Keys, keys, keys_of};
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::uniform;

use super::super::{compiled, nanoseconds, table};
use super::naive;

#[test]
fn mobilenet_v2_has_the_units_that_it_runs() {
    let network = compiled(include_str!("../../../spaces/mobilenet_v2.nas"));
    let found = keys_of(&network, &Arch::default(), Keys::Units).unwrap();
    let found: Vec<&str> = found.iter().map(|(_, key)| key.as_str()).collect();
    for f in &found {
        println!("{f}");
    }
    // A stem, 17 blocks of three units, the first of two, the end.
    assert_eq!(found.len(), 1 + 17 * 3 - 1 + 1 + 2);
}

fn held(text: &str) -> (Checked, usize) {
    let space = compiled(text);
    let t = std::time::Instant::now();
    let all = keys(&space, Keys::Units).unwrap();
    println!("{} keys, {:?}", all.len(), t.elapsed());
    let t = std::time::Instant::now();
    let space = nasc_compiler::cost::latency::attach(space, "t", &table(&all), None).unwrap();
    println!("attach {:?}", t.elapsed());
    let measure = Measure::Latency(space.table_named("t").unwrap());
    let t = std::time::Instant::now();
    let sum = Table::new(&space, measure, None).unwrap();
    println!("table {:?}", t.elapsed());
    let known: BTreeSet<&String> = all.iter().collect();
    for draw in 0..5 {
        let arch = uniform(&space, &mut Stream::new(7, "keys", &[draw])).unwrap();
        let network = fix(&space, &arch);
        let naive = naive::keys(&network);
        assert!(naive.iter().all(|key| known.contains(key)));
        let mut own: Vec<String> =
            keys_of(&space, &arch, Keys::Units).unwrap().into_iter().map(|(_, key)| key).collect();
        own.sort();
        assert_eq!(own, naive);
        assert_eq!(sum.cost(&arch), naive.iter().map(|key| nanoseconds(key)).sum::<u64>());
    }
    (space, all.len())
}

#[test]
fn published_spaces_have_their_keys_counted() {
    for (name, text) in [
        ("spos", include_str!("../../../spaces/spos.nas")),
        ("proxyless", include_str!("../../../spaces/proxyless.nas")),
        ("ofa", include_str!("../../../spaces/ofa_mobilenet_v3.nas")),
        ("netadaptv2", include_str!("../../../spaces/netadaptv2_mobilenet_v3.nas")),
    ] {
        println!("{name}");
        held(text);
    }
}
