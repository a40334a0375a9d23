//! Weights that are filled from a seed's.

use std::sync::Arc;

use nasc_compiler::arch::{Arch, text::parse};
use nasc_compiler::ir::Role;
use nasc_compiler::ir::remap::Fill;
use nasc_compiler::pass::{Checked, fix};
use nasc_compiler::random::Stream;
use nasc_compiler::remap::{Policy, Side, plan};
use nasc_compiler::sample::uniform;
use nasc_runtime::program::Norms;
use nasc_runtime::remap::{RemapError, compare, fill as carry_out};
use nasc_runtime::supernet::{Place, Scheme, Supernet, extract};
use nasc_runtime::torch::{self, Kind, Tensor};
use nasc_runtime::train::state::to_tensors;
use serde_json::Value;

use crate::compiled::{PRECISE, difference, noise, space, text};
use crate::fill::vectors;

fn net(space: Arc<Checked>, place: Place, seed: u64) -> Supernet {
    let mut net = Supernet::new(space, place).unwrap();
    net.initialise(Scheme::Kaiming, seed).unwrap();
    net
}

/// A net of `target` filled from `seed`.
fn filled(seed: &Supernet, target: Arc<Checked>, policy: &Policy) -> Supernet {
    let plan = plan(&Side::whole(seed.space()), &Side::whole(&target), policy);
    let mut filled = net(target, seed.store().place(), 77);
    carry_out(filled.store_mut(), &plan, &to_tensors(seed.store()).unwrap()).unwrap();
    filled
}

/// Every tensor gets numbers of its own; running statistics too.
fn shake(net: &Supernet) {
    let _guard = torch::no_grad();
    for (number, (entry, tensor)) in
        net.store().entries().iter().zip(net.store().tensors()).enumerate()
    {
        let shape: Vec<i64> = tensor.size();
        let noise = crate::fill::fill(&shape, number as i64, 0.5).to_kind(tensor.kind());
        let value = match entry.role {
            Role::NormWeight | Role::RunningVar => noise + 1.0,
            Role::NormBias | Role::RunningMean | Role::Bias => noise,
            _ => continue,
        };
        tensor.shallow_clone().copy_(&value);
    }
}

fn output(net: &Supernet, input: &Tensor) -> Tensor {
    let _guard = torch::no_grad();
    let arch = net.space().seed_arch();
    net.forward(&arch, &[input.shallow_clone()], &mut Norms::Eval, false).unwrap().remove(0)
}

/// The number n of place i of tensor t.
fn number(place: i64, tensor: i64) -> i64 {
    (7919 * place + 104_729 * tensor).rem_euclid(2003) - 1001
}

/// The seed of the vectors: `value` of n, the role and the shape, rounded to single precision.
fn published_seed(eps: f64, value: impl Fn(f64, Role, &[usize]) -> f64) -> Supernet {
    let seed = net(crate::compiled::with_eps("std/seeds/mobilenet_v2", eps), PRECISE, 0);
    let vectors = vectors("fna_full_remap");
    let theirs = vectors["seed_tensors"].as_array().unwrap().iter();
    let theirs = theirs.filter(|entry| !entry[1].as_str().unwrap().ends_with("tracked"));
    let _guard = torch::no_grad();
    for ((entry, tensor), theirs) in
        seed.store().entries().iter().zip(seed.store().tensors()).zip(theirs)
    {
        let at = theirs[0].as_i64().unwrap();
        let each = (0..entry.scalars() as i64).map(|place| {
            let value = value(number(place, at) as f64, entry.role, &entry.shape);
            f64::from(value as f32)
        });
        let shape = tensor.size();
        let made = torch::from_slice(&each.collect::<Vec<f64>>(), &shape).unwrap();
        tensor.shallow_clone().copy_(&made);
    }
    seed
}

/// The seed of the forward vectors.
fn forward_seed(eps: f64) -> Supernet {
    published_seed(eps, |n, role, shape| {
        let fan: usize = shape.iter().skip(1).product();
        match role {
            Role::ConvWeight => n / 1001.0 * (6.0 / fan as f64).sqrt(),
            Role::LinearWeight => n / 1001.0 * (3.0 / fan as f64).sqrt(),
            Role::NormWeight => 1.0 + n / 8008.0,
            Role::RunningVar => 1.0 + n / 4004.0,
            _ => n / 10010.0,
        }
    })
}

fn image(height: i64, width: i64) -> Tensor {
    let numbers: Vec<f64> =
        (0..3 * height * width).map(|i| (((31 * i + 7) % 255) - 127) as f64 / 127.0).collect();
    torch::from_slice(&numbers, &[1, 3, height, width]).unwrap()
}

/// The vector is in double precision with weights rounded to single: so are we.
fn assert_like(found: &Tensor, expected: &Value, what: &str) {
    let shape: Vec<i64> = serde_json::from_value(expected["shape"].clone()).unwrap();
    assert_eq!(found.size(), shape, "{what}");
    let scale = expected["absmean"].as_f64().unwrap();
    let near = |found: f64, expected: &Value| {
        let error = (found - expected.as_f64().unwrap()).abs() / scale;
        assert!(error < 1e-9, "{what}: {found} for {expected}");
    };
    let number = |tensor: Tensor| tensor.double_value(&[]);
    near(number(found.mean(Kind::Double)), &expected["mean"]);
    near(number(found.abs().mean(Kind::Double)), &expected["absmean"]);
    near(number(found.std(true)), &expected["std"]);
    near(number(found.max()), &expected["max"]);
    let flat = found.reshape([-1]);
    for sample in expected["samples"].as_array().unwrap() {
        near(flat.double_value(&[sample[0].as_i64().unwrap()]), &sample[1]);
    }
}

/// The backbone of a space alone, with its remap.
fn features(file: &str, arguments: &str, remap: &str, outputs: &str) -> Arc<Checked> {
    text(&format!(
        "import \"spaces/{file}\" {{ backbone }}
import \"std/seeds/mobilenet_v2\" {{ mobilenet_v2 }}
space features() {{
    input image: [3, 64, 96]
    let body = image -> backbone{arguments}
{outputs}
    remap mobilenet_v2 {{
{remap}
    }}
}}
"
    ))
}

fn detector() -> Arc<Checked> {
    let outputs: Vec<String> =
        (0..4).map(|level| format!("    output y{level} = body[{level}]")).collect();
    let stages: Vec<String> =
        (2..8).map(|stage| format!("        body.s{stage} from stage{stage}")).collect();
    let remap = format!(
        "        body.s1 from stem\n        body.s1.stage1 from stage1\n{}",
        stages.join("\n")
    );
    features("fna_retinanet", "", &remap, &outputs.join("\n"))
}

fn segmenter(output_stride: u32) -> Arc<Checked> {
    let stages: Vec<String> =
        (0..6).map(|at| format!("        body.stage.{at} from stage{}", at + 2)).collect();
    let remap = format!(
        "        body.x from stem\n        body.x.stage1 from stage1\n{}",
        stages.join("\n")
    );
    features("fna_deeplabv3", &format!("({output_stride})"), &remap, "    output y = body")
}

fn from_file(space: &Checked) -> Policy {
    Policy::from(space.remap.as_ref().unwrap())
}

#[test]
fn filled_networks_compute_what_the_published_ones_do() {
    let vectors = vectors("fna_forward");
    let cases = &vectors["cases"];
    let seed = forward_seed(1e-3);
    let logits = output(&seed, &image(64, 96));
    assert_like(&logits, &cases["seed_imagenet_logits_64x96_bn_eps1e-3"], "the seed");
    let seed = forward_seed(1e-5);
    let space = detector();
    let net = filled(&seed, space.clone(), &from_file(&space));
    let _guard = torch::no_grad();
    let arch = net.space().seed_arch();
    let levels = net.forward(&arch, &[image(64, 96)], &mut Norms::Eval, false).unwrap();
    let expected = cases["retinanet_fna_64x96_bn_eps1e-5"].as_array().unwrap();
    assert_eq!(levels.len(), expected.len());
    for (found, expected) in levels.iter().zip(expected) {
        assert_like(found, expected, "RetinaNet");
    }
    let space = segmenter(16);
    let net = filled(&seed, space.clone(), &from_file(&space));
    let arch = net.space().seed_arch();
    let found = net.forward(&arch, &[image(65, 97)], &mut Norms::Eval, false).unwrap().remove(0);
    assert_like(&found, &cases["deeplab_fna_os16_65x97_bn_eps1e-5"], "DeepLabv3");
    let space = segmenter(32);
    let net = filled(&seed, space.clone(), &from_file(&space));
    let found = net.forward(&arch, &[image(64, 96)], &mut Norms::Eval, false).unwrap().remove(0);
    let last = cases["deeplab_fna_os32_64x96_bn_eps1e-5"].as_array().unwrap().last().unwrap();
    assert_like(&found, last, "DeepLabv3 at stride 32");
}

#[test]
fn a_store_holds_the_published_sums() {
    let seed = published_seed(1e-5, |n, _, _| n / 1024.0);
    for place in [PRECISE, Place::default()] {
        let space = space("fna_retinanet", true, &[]);
        let network = fix(&space, &space.seed_arch());
        let from = to_tensors(seed.store()).unwrap();
        let plan =
            plan(&Side::whole(seed.space()), &Side::found(&network, &space), &from_file(&network));
        let mut net = net(Arc::new(network), place, 1);
        carry_out(net.store_mut(), &plan, &from).unwrap();
        let mut total = [0; 3];
        for (entry, tensor) in net.store().entries().iter().zip(net.store().tensors()) {
            if !entry.path.starts_with("body.") {
                continue;
            }
            let flat = tensor.detach().to_kind(Kind::Double).reshape([-1]) * 1024.0;
            for (place, number) in Vec::<f64>::try_from(flat).unwrap().into_iter().enumerate() {
                let n = number as i64;
                total[0] += n;
                total[1] += n * (place as i64 % 997 + 1);
                total[2] += i64::from(n != 0);
            }
        }
        let wanted = &vectors("fna_full_remap")["targets"]["retinanet_fna"]["total"];
        let wanted = ["s0", "s1", "nz"].map(|sum| wanted[sum].as_i64().unwrap());
        assert_eq!(total, wanted);
    }
}

/// Two residual layers around a hidden width and a kernel, and a classifier.
fn small(hidden: u32, kernel: u32) -> Arc<Checked> {
    text(&format!(
        "import \"std/mobilenet\" {{ mbconv }}
import \"std/attention\" {{ se }}
network small() {{
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3) -> bn -> relu6
    for i in 0..2 as stage {{
        stem = stem -> mbconv(8, kernel: {kernel}, hidden: {hidden}, se_reduce: 4, activation: hswish)
    }}
    output logits = stem -> global_pool -> linear(5)
}}
"
    ))
}

#[test]
fn larger_kernels_and_new_hidden_channels_keep_the_function() {
    for (place, bound) in [(PRECISE, 1e-12), (Place::default(), 1e-5)] {
        let seed = net(small(16, 3), place, 5);
        shake(&seed);
        let images = noise(0, 4, 16, place.kind);
        let before = output(&seed, &images);
        for (hidden, kernel) in [(16, 5), (16, 7), (24, 3), (40, 7)] {
            for fill in [Fill::Zero, Fill::Live] {
                let policy = Policy { fill, ..Policy::default() };
                let grown = filled(&seed, small(hidden, kernel), &policy);
                let found = difference(&output(&grown, &images), &before);
                assert!(found < bound, "{hidden} {kernel} {fill:?}: {found}");
                // What new places hold in the middle of the network.
                let depthwise = "stage.0.mbconv.depthwise.weight";
                let id = grown.store().find(depthwise);
                let tensor =
                    grown.store().tensor(id.unwrap_or_else(|| unreachable!("{depthwise}")));
                let ring = i64::from(kernel);
                let centre = tensor.narrow(2, (ring - 3) / 2, 3).narrow(3, (ring - 3) / 2, 3);
                let old = seed.store().tensor(seed.store().find(depthwise).unwrap());
                assert!(torch::bit_equal(&centre.narrow(0, 0, 16), old).unwrap());
            }
        }
    }
}

/// With zeros a new channel learns nothing, ever; filled alive it does.
#[test]
fn new_channels_learn_where_they_are_filled_alive() {
    let seed = net(small(16, 3), PRECISE, 5);
    shake(&seed);
    for (fill, learns) in [(Fill::Zero, false), (Fill::Live, true)] {
        let grown = filled(&seed, small(24, 3), &Policy { fill, ..Policy::default() });
        let images = noise(1, 4, 16, Kind::Double);
        let logits = grown.forward(&Arch::default(), &[images], &mut Norms::Train, true).unwrap();
        torch::backward(&logits[0].square().sum(Kind::Double)).unwrap();
        let mut moved = 0.0;
        for (_, entry, tensor) in grown.store().trainable() {
            let name = entry.path.rsplit_once("mbconv.").map_or("", |(_, name)| name);
            let gradient = match name {
                "project.weight" => tensor.grad().narrow(1, 16, 8),
                "expand.weight" | "depthwise.weight" | "bn.weight" | "bn_1.weight" => {
                    tensor.grad().narrow(0, 16, 8)
                }
                _ => continue,
            };
            moved += gradient.abs().sum(Kind::Double).double_value(&[]);
        }
        assert_eq!(moved > 0.0, learns, "{fill:?}: {moved}");
        // A store that is reused keeps no gradient.
        let all: Vec<&Tensor> = grown.store().trainable().map(|(_, _, tensor)| tensor).collect();
        torch::drop_gradients(&all).unwrap();
    }
}

const SPACES: [&str; 6] =
    ["ofa_mobilenet_v3", "spos_channels", "darts", "fna_ssdlite", "attentivenas", "nasbench201"];

#[test]
fn a_space_onto_itself_keeps_every_bit() {
    for name in SPACES {
        let seed = net(space(name, true, &[]), Place::default(), 3);
        shake(&seed);
        let again = filled(&seed, seed.space().clone(), &Policy::default());
        assert_eq!(again.store().hash().unwrap(), seed.store().hash().unwrap(), "{name}");
    }
}

#[test]
fn a_network_filled_from_its_space_is_the_one_cut_out() {
    for name in SPACES {
        for place in [PRECISE, Place::default()] {
            let seed = net(space(name, true, &[]), place, 3);
            shake(&seed);
            let from = to_tensors(seed.store()).unwrap();
            for item in 0..2 {
                let mut stream = Stream::new(item, "remap", &[]);
                let arch = uniform(seed.space(), &mut stream).unwrap();
                let cut = extract(&seed, &arch, None).unwrap();
                let plan = plan(
                    &Side::network_of(seed.space(), &arch),
                    &Side::found(cut.space(), seed.space()),
                    &Policy::default(),
                );
                let mut made = net(cut.space().clone(), place, 4);
                carry_out(made.store_mut(), &plan, &from).unwrap();
                for (entry, tensor) in cut.store().entries().iter().zip(cut.store().tensors()) {
                    let found = made.store().tensor(made.store().find(&entry.path).unwrap());
                    assert!(torch::bit_equal(found, tensor).unwrap(), "{name}: {}", entry.path);
                }
            }
        }
    }
}

#[test]
fn differences_are_those_of_the_parts() {
    let seed = net(small(16, 3), PRECISE, 5);
    shake(&seed);
    let target = small(24, 5);
    let plan = plan(&Side::whole(seed.space()), &Side::whole(&target), &Policy::default());
    let mut grown = net(target, PRECISE, 6);
    carry_out(grown.store_mut(), &plan, &to_tensors(seed.store()).unwrap()).unwrap();
    let whole = Arch::default();
    let images = [noise(0, 2, 16, Kind::Double)];
    let found = compare(&plan, (&seed, &whole), (&grown, &whole), &images).unwrap();
    assert!(found.len() >= 2, "{found:?}");
    assert!(found.iter().all(|part| part.relative.is_some_and(|r| r < 1e-12)), "{found:?}");
    let path = "stage.1.mbconv.project.weight";
    let changed = grown.store().tensor(grown.store().find(path).unwrap());
    {
        let _guard = torch::no_grad();
        changed.shallow_clone().copy_(&(changed * 2.0));
    }
    let found = compare(&plan, (&seed, &whole), (&grown, &whole), &images).unwrap();
    let last = found.iter().find(|part| part.target.starts_with("stage.1")).unwrap();
    assert!(last.relative.is_some_and(|r| r > 0.1), "{found:?}");
}

#[test]
fn a_seed_that_does_not_fit_changes_nothing() {
    let seed = net(small(16, 3), Place::default(), 5);
    let target = small(24, 5);
    let plan = plan(&Side::whole(seed.space()), &Side::whole(&target), &Policy::default());
    let whole = to_tensors(seed.store()).unwrap();
    let mut grown = net(target, Place::default(), 6);
    let before = grown.store().hash().unwrap();
    let path = "stage.1.mbconv.project.weight";
    let mut without = whole.clone();
    without.remove(path);
    let error = carry_out(grown.store_mut(), &plan, &without).unwrap_err();
    assert_eq!(error, RemapError::Missing { path: path.to_owned() });
    let mut other = whole.clone();
    other.get_mut(path).unwrap().shape = vec![16, 8, 1, 1];
    let error = carry_out(grown.store_mut(), &plan, &other).unwrap_err();
    assert!(matches!(error, RemapError::Shape { .. }), "{error}");
    let mut another = net(small(24, 3), Place::default(), 6);
    let error = carry_out(another.store_mut(), &plan, &whole).unwrap_err();
    assert!(matches!(error, RemapError::Other { .. }), "{error}");
    assert_eq!(grown.store().hash().unwrap(), before);
    carry_out(grown.store_mut(), &plan, &whole).unwrap();
    assert_ne!(grown.store().hash().unwrap(), before);
}

/// A found network is the next seed of another space, by names alone.
#[test]
fn a_found_network_is_a_seed() {
    let space = space("fna_retinanet", true, &[]);
    let stage = "k3_e6,k5_e6,skip,k7_e3";
    let labels = stage.split(',').chain(std::iter::repeat("k5_e3"));
    let given: Vec<String> = space
        .decisions
        .iter()
        .zip(labels)
        .map(|(decision, label)| format!("{}={label}", decision.path))
        .collect();
    let arch = parse(&space, &given.join(",")).unwrap().arch;
    let network = Arc::new(fix(&space, &arch));
    let seed = net(network.clone(), Place::default(), 8);
    let plan = plan(&Side::found(&network, &space), &Side::whole(&space), &Policy::default());
    let mut supernet = net(space, Place::default(), 9);
    carry_out(supernet.store_mut(), &plan, &to_tensors(seed.store()).unwrap()).unwrap();
    let back = extract(&supernet, &arch, None).unwrap();
    assert_eq!(back.store().hash().unwrap(), seed.store().hash().unwrap());
}
