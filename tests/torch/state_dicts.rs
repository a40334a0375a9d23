//! Weights of torchvision, taken over by name, against what torchvision computes with them.
//!
//! Always: the weights of `tests/torchvision_outputs.py`, written and read as a state dict. With `NASC_STATE_DICTS`, a
//! folder that `tests/state_dicts.py` filled: the seeds that `nasc import` made of files of Python.

use std::path::Path;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::Checked;
use nasc_runtime::program::Norms;
use nasc_runtime::pth;
use nasc_runtime::run::tensors::{RawTensor, Tensors};
use nasc_runtime::run::weights::load_weights;
use nasc_runtime::seed::export::{name_tensors, scheme};
use nasc_runtime::seed::matching::match_tensors;
use nasc_runtime::seed::source;
use nasc_runtime::supernet::{Place, Supernet};
use nasc_runtime::torch::{self, Kind, Tensor};
use nasc_runtime::train::state::{from_tensors, to_tensors};

use crate::compiled::space;
use crate::fill::{fill, numbers, vectors};
use crate::torchvision::value;

/// Logits of a network with these weights, in single precision as runs have it.
fn logits(network: Arc<Checked>, tensors: &Tensors, images: Tensor) -> Tensor {
    let mut net = Supernet::new(network, Place::default()).unwrap();
    from_tensors(net.store_mut(), tensors).unwrap();
    let images = net.store().place().of_input(&images).unwrap();
    let mut outputs = net.forward(&Arch::default(), &[images], &mut Norms::Eval, false).unwrap();
    outputs.remove(0).to_kind(Kind::Double)
}

/// Agreement to 1e-5 of the largest number of a row.
fn assert_near(found: &[f64], expected: &[f64], largest: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / largest;
        assert!(error < 1e-5, "{what}: {found} for {expected}, {error}");
    }
}

#[test]
fn state_dicts_of_torchvision_compute_what_its_networks_do() {
    let vectors = vectors("torchvision_outputs");
    let size = vectors["size"].as_i64().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in vectors["models"].as_object().unwrap() {
        let network = space(&format!("std/seeds/{name}"), true, &[("size", &size.to_string())]);
        let net = Supernet::new(network.clone(), Place::default()).unwrap();
        let guard = torch::no_grad();
        for (number, (entry, tensor)) in
            net.store().entries().iter().zip(net.store().tensors()).enumerate()
        {
            tensor.shallow_clone().copy_(&value(entry, number as i64));
        }
        drop(guard);
        let tensors = to_tensors(net.store()).unwrap();
        let named =
            name_tensors(&network, tensors.clone(), &scheme(&network, None).unwrap()).unwrap();
        let path = folder.path().join("weights.pth");
        pth::save(&path, &named).unwrap();
        let read = source::read(&path, None).unwrap();
        let (read, report) = match_tensors(&network, read, Some("torchvision")).unwrap();
        assert!(report.is_whole() && report.counters > 0, "{name}");
        assert_eq!(read, tensors, "{name}");

        let found = logits(network, &read, fill(&[2, 3, size, size], 9999, 4.0));
        for (image, first) in expected["first"].as_array().unwrap().iter().enumerate() {
            let row = found.select(0, image as i64);
            let largest = row.abs().max().double_value(&[]);
            let found = Vec::<f64>::try_from(row.narrow(0, 0, 8)).unwrap();
            assert_near(&found, &numbers(first), largest, name);
        }
    }
}

#[test]
fn imported_seeds_compute_what_torchvisions_networks_do() {
    let Some(folder) = std::env::var_os("NASC_STATE_DICTS") else { return };
    let folder = Path::new(&folder);
    let tensor = |file: &str, name: &str| {
        let (tensors, _) = load_weights(&folder.join(file)).unwrap();
        let RawTensor { dtype, shape, bytes } = &tensors[name];
        torch::from_bytes((*dtype).into(), shape, bytes).unwrap()
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = file.strip_suffix(".seed.safetensors") else { continue };
        let (name, _) = stem.split_once('.').unwrap();
        let images = tensor(&format!("{name}.images.safetensors"), "images");
        let size = images.size()[2].to_string();
        let network = space(&format!("std/seeds/{name}"), true, &[("size", &size)]);
        let (tensors, _) = load_weights(&folder.join(&file)).unwrap();
        let found = logits(network, &tensors, images);
        let expected = tensor(&format!("{stem}.logits.safetensors"), "logits");
        for image in 0..found.size()[0] {
            let row = |logits: &Tensor| {
                Vec::<f64>::try_from(logits.select(0, image).to_kind(Kind::Double)).unwrap()
            };
            let expected = row(&expected);
            let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
            assert_near(&row(&found), &expected, largest, stem);
        }
        compared += 1;
    }
    assert!(compared >= 7 * 16, "{compared} seeds");
}
