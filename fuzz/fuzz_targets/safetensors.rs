//! Whole safetensors files.
#![no_main]
#![allow(dead_code, reason = "modules are taken whole")]

#[path = "reader.rs"]
mod reader;

use reader::{pth, run};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok((tensors, facts)) = run::tensors::from_bytes(bytes) else { return };
    let written = run::tensors::to_bytes(&tensors, &facts).expect("what is read can be written");
    let again = run::tensors::from_bytes(&written).expect("what is written can be read");
    assert_eq!(again, (tensors, facts));
});
