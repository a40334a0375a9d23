//! Taking over a state dict of 14 MB against its budget, and its parts.
//!
//! `cargo bench --bench import`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

mod timing;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use nasc_compiler::{Checked, Options, compile, library};
use nasc_runtime::pth;
use nasc_runtime::run::tensors::{Dtype, Facts, RawTensor, Tensors};
use nasc_runtime::run::weights::save_weights;
use nasc_runtime::seed::export::{name_tensors, scheme};
use nasc_runtime::seed::matching::match_tensors;
use nasc_runtime::seed::source;

use crate::timing::{median, ratio};

const BUDGET: Duration = Duration::from_millis(100);
const RUNS: usize = 31;

fn main() {
    let network = network();
    let folder = tempfile::tempdir().unwrap();
    let (file, seed) = (folder.path().join("weights.pth"), folder.path().join("seed.safetensors"));
    let named =
        name_tensors(&network, weights(&network), &scheme(&network, None).unwrap()).unwrap();
    pth::save(&file, &named).unwrap();
    let size = std::fs::metadata(&file).unwrap().len() as f64 / 1e6;
    println!("mobilenet_v2: {} tensors, {size:.1} MB", named.len());

    let time = median(RUNS, || {
        black_box(pth::load(&file, None).unwrap());
    });
    ratio("reading a state dict", time, BUDGET);
    let time = median(RUNS, || {
        let read = source::read(&file, None).unwrap();
        let (tensors, report) = match_tensors(&network, read, None).unwrap();
        assert!(report.is_whole());
        black_box(tensors);
    });
    ratio("reading and matching it", time, BUDGET);
    let time = median(RUNS, || {
        let read = source::read(&file, None).unwrap();
        let (tensors, _) = match_tensors(&network, read, None).unwrap();
        save_weights(&seed, &tensors, &Facts::new()).unwrap();
    });
    ratio("reading and matching it, and writing the seed", time, BUDGET);
    let time = median(RUNS, || pth::save(&file, &named).unwrap());
    ratio("writing a state dict", time, BUDGET);
}

fn network() -> Checked {
    let text = library::file("std/seeds/mobilenet_v2.nas").unwrap();
    let files = BTreeMap::from([("seed.nas".to_owned(), text.to_owned())]);
    compile(&files, "seed.nas", &Options::default()).unwrap().checked.unwrap()
}

/// Bytes that do not repeat; what they are makes no difference.
fn weights(network: &Checked) -> Tensors {
    let tensors = network.params.iter().map(|param| {
        let shape: Vec<usize> = param.full.iter().map(|&length| length as usize).collect();
        let count = shape.iter().product::<usize>() as u32;
        let values = (0..count).map(|k| k.wrapping_mul(2_654_435_761) as f32);
        let bytes = values.flat_map(f32::to_le_bytes).collect();
        (param.path.to_string(), RawTensor { dtype: Dtype::F32, shape, bytes })
    });
    tensors.collect()
}
