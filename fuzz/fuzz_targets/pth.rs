//! Whole files of `torch.save`.
#![no_main]
#![allow(dead_code, reason = "modules are taken whole")]

#[path = "reader.rs"]
mod reader;

use reader::{pth, run};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| reader::check(bytes));
