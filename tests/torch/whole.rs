//! Networks of every space, built and run: what the compiler said before any tensor existed is so.
//!
//! For each file of `spaces/` and every reference network of the library, networks are drawn and run on one small
//! input. The shape of every result is the compiler's; the parameters, counted from the tensors that were used, and the
//! multiply-adds, counted from the shapes of weights and results, are the compiler's costs. Every other network is run
//! as a path of the supernet, the rest as networks of their own.
//!
//! `NASC_NETWORKS=1000` draws a thousand per space.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{NodeId, Op};
use nasc_compiler::pass;
use nasc_compiler::random::Stream;
use nasc_runtime::program::{Call, Cut, Norms, Straight};
use nasc_runtime::search::draw::draw;
use nasc_runtime::supernet::{Place, Supernet};
use nasc_runtime::torch::{self, Kind, Tensor};

use crate::compiled::space_if_sound;

/// Networks per space, unless the environment says otherwise.
const NETWORKS: u64 = 24;

/// Spaces of which fewer do: their networks take seconds on the smallest image.
const DEAR: [&str; 5] = ["autodeeplab", "autodeeplab_found", "nas_fpn", "smnas", "smnas_modular"];

/// Networks of each of those.
const DEAR_NETWORKS: u64 = 2;

/// Smaller settings, tried in order: the first that the space has and is sound with.
const SETTINGS: [&[(&str, &str)]; 6] = [
    &[("frames", "4"), ("size", "32")],
    &[("height", "64"), ("width", "96")],
    &[("height", "65"), ("width", "129")],
    &[("size", "64")],
    &[("size", "65")],
    &[("size", "128")],
];

fn files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces");
    let mut found = Vec::new();
    for folder in ["", "std/seeds/"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(name) = name.strip_suffix(".nas") {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    found.sort();
    found
}

/// A space with images as small as it allows.
fn small(name: &str) -> Arc<Checked> {
    let plain = space_if_sound(name, &[]).unwrap_or_else(|| unreachable!("`{name}` is unsound"));
    let has = |setting: &str| plain.settings.iter().any(|(known, _)| known == setting);
    SETTINGS
        .iter()
        .filter(|settings| settings.iter().all(|(name, _)| has(name)))
        .find_map(|settings| space_if_sound(name, settings))
        .unwrap_or(plain)
}

fn shape_of(space: &Checked, arch: &Arch, id: NodeId) -> Vec<i64> {
    let axes = &space.node(id).shape.axes;
    axes.iter().map(|&axis| space.value(axis, arch).as_int().unwrap()).collect()
}

/// Noise of the shapes that the architecture's inputs have.
fn inputs(space: &Checked, arch: &Arch, stream: &mut Stream) -> Vec<Tensor> {
    space
        .nodes()
        .filter(|(_, node)| matches!(node.op, Op::Input { .. }))
        .map(|(id, _)| {
            let shape = [vec![1], shape_of(space, arch, id)].concat();
            let count: i64 = shape.iter().product();
            let elements: Vec<f32> = (0..count).map(|_| stream.range(-1.0, 1.0) as f32).collect();
            torch::from_slice(&elements, &shape).unwrap()
        })
        .collect()
}

fn product(lengths: &[i64]) -> u64 {
    lengths.iter().product::<i64>() as u64
}

/// The scalars that a line uses, buffers and matrices between kernel sizes left out.
fn parameters(net: &Supernet, line: &Straight) -> u64 {
    if net.space().decisions.is_empty() {
        // A network of its own: all of its tensors, each used as it is.
        for cut in line.instructions().iter().flat_map(|instruction| instruction.call.cuts()) {
            assert_eq!(net.store().tensor(cut.param).size()[..], cut.shape[..]);
        }
        let tensors = net.store().entries().iter().zip(net.store().tensors());
        let counted = tensors.filter(|(entry, _)| entry.role.is_counted());
        return counted.map(|(_, tensor)| tensor.numel() as u64).sum();
    }
    let mut used: BTreeMap<usize, &Cut> = BTreeMap::new();
    for cut in line.instructions().iter().flat_map(|instruction| instruction.call.cuts()) {
        used.insert(cut.param.index(), cut);
    }
    let counted = |(id, cut): (usize, &Cut)| {
        let entry = &net.store().entries()[id];
        if entry.role.is_counted() { product(&cut.shape) } else { 0 }
    };
    used.into_iter().map(counted).sum()
}

fn check(name: &str, net: &Supernet, arch: &Arch, expected: [u64; 2], stream: &mut Stream) {
    let space = net.space();
    let line = net.specialise(arch).unwrap();
    let nodes: BTreeMap<&str, NodeId> = space.nodes().map(|(id, n)| (&*n.path, id)).collect();
    let inputs = inputs(space, arch, stream);
    let inputs: Vec<Tensor> = inputs.iter().map(|input| net.place_input(input).unwrap()).collect();
    let mut sizes: BTreeMap<u32, Vec<i64>> =
        (0..).zip(&inputs).map(|(register, input)| (register, input.size())).collect();
    let mut macs = 0;
    let outputs =
        line.watch(net.store().tensors(), &inputs, &mut Norms::Eval, false, |at, result| {
            let size = result.size();
            let said = shape_of(space, arch, nodes[&*at.path]);
            assert_eq!(size[1..], said[..], "{name}: `{}` in {arch:?}", at.path);
            macs += match &at.call {
                Call::Conv(conv) => product(&conv.weight.shape) * product(&size[2..]),
                Call::ConvTranspose(conv) => {
                    product(&conv.weight.shape) * product(&sizes[&at.operands[0]][2..])
                }
                Call::Linear(linear) => product(&linear.weight.shape),
                _ => 0,
            };
            sizes.insert(at.result, size);
        });
    let outputs = outputs.unwrap_or_else(|error| unreachable!("{name}: {error} in {arch:?}"));
    let said: Vec<Vec<i64>> = space
        .nodes()
        .filter(|(_, node)| {
            matches!(node.op, Op::Output { .. }) && space.holds(node.presence, arch)
        })
        .map(|(id, _)| [vec![1], shape_of(space, arch, id)].concat())
        .collect();
    let found: Vec<Vec<i64>> = outputs.iter().map(Tensor::size).collect();
    assert_eq!(found, said, "{name}: outputs of {arch:?}");
    assert_eq!([macs, parameters(net, &line)], expected, "{name}: costs of {arch:?}");
}

fn check_space(name: &str, count: u64) {
    let space = small(name);
    let costs = [Measure::Macs, Measure::Params].map(|m| Table::new(&space, m, None).unwrap());
    let place = Place { kind: Kind::Float, ..Place::default() };
    // Networks that share nothing have no common weights.
    let supernet = (!space.apart).then(|| Supernet::new(space.clone(), place).unwrap());
    let mut done = BTreeSet::new();
    for item in 0..count {
        let mut stream = Stream::new(11, name, &[item]);
        let arch = draw(&space, &mut stream).unwrap();
        if !done.insert(arch.0.clone()) {
            continue;
        }
        let expected = [0, 1].map(|measure| costs[measure].cost(&arch));
        match &supernet {
            Some(net) if item % 2 == 0 => check(name, net, &arch, expected, &mut stream),
            _ => {
                let network = Supernet::new(Arc::new(pass::fix(&space, &arch)), place).unwrap();
                let only = network.space().canonical(&Arch::default());
                check(name, &network, &only, expected, &mut stream);
            }
        }
    }
}

#[test]
fn networks_are_what_the_compiler_said() {
    let count = std::env::var("NASC_NETWORKS").ok().map(|text| text.parse().unwrap());
    let chosen = std::env::var("NASC_SPACE").ok();
    let _guard = torch::no_grad();
    torch::set_threads(1);
    let files = files();
    assert!(files.len() > 20);
    for name in files.iter().filter(|name| chosen.as_ref().is_none_or(|chosen| chosen == *name)) {
        let is_dear = DEAR.contains(&name.as_str());
        check_space(name, count.unwrap_or(if is_dear { DEAR_NETWORKS } else { NETWORKS }));
    }
}
