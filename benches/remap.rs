//! How long it takes to plan what a space is filled from: medians, against the budget.
//!
//! `cargo bench --bench remap --no-default-features`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

mod timing;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use nasc_compiler::pass::fix;
use nasc_compiler::remap::{Policy, Side, plan};
use nasc_compiler::{Checked, Options, compile};

use crate::timing::{median, ratio};

/// For one space.
const BUDGET: Duration = Duration::from_millis(50);

fn main() {
    let space = checked("ofa_mobilenet_v3");
    let largest = fix(&space, &space.seed_arch());
    let found = Side::found(&largest, &space);
    timed("ofa_mobilenet_v3 from its largest network", &found, &space, &Policy::default());
    for name in ["fna_retinanet", "fna_ssdlite", "fna_deeplabv3"] {
        let space = checked(name);
        let seed = checked("std/seeds/mobilenet_v2");
        let policy = Policy::from(space.remap.as_ref().unwrap());
        timed(&format!("{name} from mobilenet_v2"), &Side::whole(&seed), &space, &policy);
    }
}

fn timed(what: &str, seed: &Side<'_>, space: &Checked, policy: &Policy) {
    let time = median(31, || {
        black_box(plan(black_box(seed), &Side::whole(black_box(space)), policy));
    });
    ratio(&format!("plan {what}"), time, BUDGET);
}

fn checked(name: &str) -> Checked {
    let path = format!("{}/spaces/{name}.nas", env!("CARGO_MANIFEST_DIR"));
    let files = BTreeMap::from([("space.nas".to_owned(), std::fs::read_to_string(path).unwrap())]);
    compile(&files, "space.nas", &Options::default()).unwrap().checked.unwrap()
}
