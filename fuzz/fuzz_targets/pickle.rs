//! Pickles inside a sound archive, and behind the head of a file of the old format.
#![no_main]
#![allow(dead_code, reason = "modules are taken whole")]

#[path = "reader.rs"]
mod reader;

use reader::{build, pth, run};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    reader::check(&build::zipped(bytes, &[("0", build::counted(16)), ("1", build::counted(4))]));
    let head = build::old_head(true);
    reader::check(&[&head, bytes].concat());
});
