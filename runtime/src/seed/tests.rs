//! Files of weights against a small network.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use nasc_compiler::{Checked, Options, compile};

use super::export::{self, ExportError, name_tensors};
use super::matching::{By, MatchError, match_tensors};
use super::scheme::Scheme;
use super::source::{self, Source};
use crate::pth;
use crate::run::tensors::{Dtype, Facts, RawTensor};
use crate::run::weights::save_weights;

const TEXT: &str = "network small() {
    input image: [3, 8, 8]
    let stem = image
        -> conv(4, kernel: 3) @key(theirs: \"features.0\", ours: \"blocks.0.op.0\")
        -> bn @key(theirs: \"features.1\", ours: \"blocks.0.op.1\")
        -> relu
    output logits = stem -> global_pool -> linear(2) @key(theirs: \"fc\")
}
";

const PATHS: [&str; 7] = [
    "stem.conv.weight",
    "stem.bn.weight",
    "stem.bn.bias",
    "stem.bn.running_mean",
    "stem.bn.running_var",
    "logits.linear.weight",
    "logits.linear.bias",
];

const THEIRS: [&str; 7] = [
    "features.0.weight",
    "features.1.weight",
    "features.1.bias",
    "features.1.running_mean",
    "features.1.running_var",
    "fc.weight",
    "fc.bias",
];

const SHAPES: [&[usize]; 7] = [&[4, 3, 3, 3], &[4], &[4], &[4], &[4], &[2, 4], &[2]];

fn network() -> Checked {
    let files = BTreeMap::from([("small.nas".to_owned(), TEXT.to_owned())]);
    let network = compile(&files, "small.nas", &Options::default()).unwrap().checked.unwrap();
    let paths: Vec<&str> = network.params.iter().map(|param| &*param.path).collect();
    assert_eq!(paths, PATHS);
    network
}

/// A tensor whose elements are all `value`.
fn tensor(shape: &[usize], value: f32) -> RawTensor {
    let bytes = value.to_le_bytes().repeat(shape.iter().product());
    RawTensor { dtype: Dtype::F32, shape: shape.to_vec(), bytes }
}

/// The network's tensors, number `i` full of `i`, under other names.
fn named(names: &[&str; 7]) -> Source {
    let tensors = names.iter().zip(SHAPES).enumerate();
    let tensors = tensors.map(|(at, (name, shape))| ((*name).to_owned(), tensor(shape, at as f32)));
    let (entry, others) = (Vec::new(), Vec::new());
    Source { tensors: tensors.collect(), ordered: true, entry, others }
}

fn counter() -> (String, RawTensor) {
    let tensor = RawTensor { dtype: Dtype::I64, shape: vec![], bytes: vec![7; 8] };
    ("features.1.num_batches_tracked".to_owned(), tensor)
}

#[test]
fn names_decide_whatever_the_order() {
    let network = network();
    let mut source = named(&THEIRS);
    source.tensors.reverse();
    source.tensors.push(counter());
    let (tensors, report) = match_tensors(&network, source, None).unwrap();
    assert_eq!(report.by, By::Name(Scheme::Keys("theirs".to_owned())));
    assert!(report.is_whole() && report.counters == 1 && report.wrapper.is_empty());
    for (at, path) in PATHS.into_iter().enumerate() {
        assert_eq!(tensors[path], tensor(SHAPES[at], at as f32), "{path}");
        assert_eq!((&*report.matched[at].path, &*report.matched[at].name), (path, THEIRS[at]));
    }
    let (_, report) = match_tensors(&network, named(&PATHS), None).unwrap();
    assert_eq!(report.by, By::Name(Scheme::Paths));
}

#[test]
fn wrappers_are_left_out() {
    let mut source = named(&THEIRS);
    for (name, _) in &mut source.tensors {
        *name = format!("_orig_mod.module.{name}");
    }
    let (tensors, report) = match_tensors(&network(), source.clone(), None).unwrap();
    assert!(report.is_whole() && tensors.len() == 7);
    assert_eq!(report.wrapper, "_orig_mod.module.");
    assert_eq!(report.matched[0].name, "_orig_mod.module.features.0.weight");
    // Where one name lacks it, it is a part of names.
    source.tensors[0].0 = "features.0.weight".to_owned();
    let (_, report) = match_tensors(&network(), source, None).unwrap();
    assert_eq!((report.matched.len(), report.missing.len(), report.unused.len()), (1, 6, 6));
}

#[test]
fn what_does_not_match_is_said_of_both_sides() {
    let mut source = named(&THEIRS);
    source.tensors[5].1 = tensor(&[10, 4], 1.0);
    source.tensors[6].0 = "other.bias".to_owned();
    source.tensors[1].1 = RawTensor { dtype: Dtype::I32, ..source.tensors[1].1.clone() };
    let (tensors, report) = match_tensors(&network(), source, None).unwrap();
    assert!(!report.is_whole() && tensors.len() == 4 && report.matched.len() == 4);
    assert_eq!(
        (report.missing, report.unused),
        (vec!["logits.linear.bias".to_owned()], vec!["other.bias".to_owned()])
    );
    let misfits =
        report.misfits.iter().map(|misfit| (&*misfit.path, misfit.dtype, &misfit.found[..]));
    assert_eq!(
        misfits.collect::<Vec<_>>(),
        [("stem.bn.weight", Dtype::I32, &[4][..]), ("logits.linear.weight", Dtype::F32, &[10, 4]),]
    );
}

#[test]
fn a_scheme_can_be_asked_for() {
    let network = network();
    let (_, report) = match_tensors(&network, named(&THEIRS), Some("theirs")).unwrap();
    assert!(report.is_whole());
    let error = match_tensors(&network, named(&THEIRS), Some("their")).unwrap_err();
    let MatchError::Scheme { known, .. } = error else { unreachable!("{error}") };
    assert_eq!(known, "`paths`, `theirs`, `ours`");
}

#[test]
fn unknown_names_are_matched_by_order_and_shape() {
    let network = network();
    let unknown = ["a", "b", "c", "d", "e", "f", "g"];
    let (tensors, report) = match_tensors(&network, named(&unknown), None).unwrap();
    assert_eq!(report.by, By::Order);
    assert!(report.is_whole());
    assert_eq!(tensors["logits.linear.bias"], tensor(&[2], 6.0));

    let refused = |source: Source| match_tensors(&network, source, None).unwrap_err().to_string();
    let mut source = named(&unknown);
    source.tensors.swap(5, 6);
    let message = refused(source);
    assert!(message.contains("`g` of shape [2] would be `logits.linear.weight`"), "{message}");
    let mut source = named(&unknown);
    source.tensors.pop();
    assert!(refused(source).contains("6 tensors where the network has 7"));
    let message = refused(Source { ordered: false, ..named(&unknown) });
    assert!(message.contains("does not keep the order"), "{message}");
}

#[test]
fn other_types_are_converted_and_counted() {
    let mut source = named(&THEIRS);
    let half = [0x3c00_u16, 0xc000].map(u16::to_le_bytes).concat();
    source.tensors[6].1 = RawTensor { dtype: Dtype::F16, shape: vec![2], bytes: half };
    let (tensors, report) = match_tensors(&network(), source, None).unwrap();
    assert_eq!(report.converted(), BTreeMap::from([(Dtype::F16, 1)]));
    let expected = [1.0_f32, -2.0].map(f32::to_le_bytes).concat();
    assert_eq!(tensors["logits.linear.bias"].bytes, expected);
}

#[test]
fn exported_weights_come_back() {
    let network = network();
    let (tensors, _) = match_tensors(&network, named(&THEIRS), None).unwrap();
    let scheme = export::scheme(&network, None).unwrap();
    assert_eq!(scheme, Scheme::Keys("theirs".to_owned()));
    let named_tensors = name_tensors(&network, tensors.clone(), &scheme).unwrap();
    let names: Vec<&str> = named_tensors.iter().map(|(name, _)| name.as_str()).collect();
    let mut expected = THEIRS.to_vec();
    expected.insert(5, "features.1.num_batches_tracked");
    assert_eq!(names, expected);
    assert!(named_tensors[5].1.shape.is_empty() && named_tensors[5].1.dtype == Dtype::I64);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    pth::save(&path, &named_tensors).unwrap();
    let read = source::read(&path, None).unwrap();
    assert!(read.ordered);
    assert_eq!(match_tensors(&network, read, None).unwrap().0, tensors);

    let path = folder.path().join("weights.safetensors");
    let map = named_tensors.into_iter().collect();
    save_weights(&path, &map, &Facts::new()).unwrap();
    let read = source::read(&path, None).unwrap();
    assert!(!read.ordered);
    assert_eq!(match_tensors(&network, read, None).unwrap().0, tensors);
    assert!(source::read(&path, Some("model")).unwrap_err().to_string().contains("no entry"));

    let plain = name_tensors(&network, tensors.clone(), &Scheme::Paths).unwrap();
    assert_eq!(plain.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), PATHS);
}

#[test]
fn weights_that_are_not_the_networks_are_not_exported() {
    let network = network();
    let (tensors, _) = match_tensors(&network, named(&THEIRS), None).unwrap();
    let refused = |tensors, scheme: &str| {
        let scheme = export::scheme(&network, Some(scheme)).unwrap();
        name_tensors(&network, tensors, &scheme).unwrap_err()
    };
    let unnamed =
        ExportError::Unnamed { path: "logits.linear.weight".to_owned(), scheme: "ours".to_owned() };
    assert_eq!(refused(tensors.clone(), "ours"), unnamed);
    let mut fewer = tensors.clone();
    fewer.remove(PATHS[3]);
    assert_eq!(refused(fewer, "paths"), ExportError::Missing(PATHS[3].to_owned()));
    let mut more = tensors.clone();
    more.insert("more".to_owned(), tensor(&[1], 0.0));
    assert_eq!(refused(more, "paths"), ExportError::Unknown("more".to_owned()));
    let mut other = tensors;
    other.insert(PATHS[6].to_owned(), tensor(&[3], 0.0));
    assert!(matches!(refused(other, "paths"), ExportError::Shape { path, .. } if path == PATHS[6]));
    assert!(export::scheme(&network, Some("none")).is_err());
}
