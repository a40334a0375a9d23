//! Channels in the order of their importance.

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::Checked;
use nasc_compiler::remap::sorts;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Supernet, sort_channels};
use nasc_runtime::torch::{self, Kind, Tensor};

use crate::compiled::{PRECISE, difference, noise, random_arch, space, text};
use crate::fill::{fill_weights, vectors};

/// Rows of options, in which those of the decisions that end so are open as `open` says.
fn marked(space: &Checked, end: &str, open: &[bool]) -> Vec<Vec<bool>> {
    let row = |decision: &nasc_compiler::ir::Decision| {
        if decision.path.ends_with(end) {
            open.to_vec()
        } else {
            vec![true; decision.options.len()]
        }
    };
    space.decisions.iter().map(row).collect()
}

fn output(net: &Supernet, arch: &Arch, image: &Tensor) -> Tensor {
    let _guard = torch::no_grad();
    net.forward(arch, &[image.shallow_clone()], &mut Norms::Eval, false).unwrap().remove(0)
}

/// What the first projection of a part makes of every channel it reads.
fn sums(net: &Supernet, part: &str) -> Vec<f64> {
    let known =
        net.store().entries().iter().position(|entry| {
            entry.path.starts_with(part) && entry.path.ends_with("project.weight")
        });
    let weight = &net.store().tensors()[known.unwrap()];
    let sums = weight.detach().abs().sum_dim_intlist(&[0i64, 2, 3][..], false, Kind::Double);
    Vec::try_from(&sums).unwrap()
}

/// All that carries a width goes along: what was trained before computes the same, and leading channels lead.
#[test]
fn a_sorted_space_computes_what_it_did() {
    let small = [("classes", "10"), ("width", "0.25")];
    let space = space("ofa_mobilenet_v3", true, &small);
    let mut net = Supernet::new(space.clone(), PRECISE).unwrap();
    fill_weights(&net);
    let resolution = space.decision_at("resolution").unwrap();
    let at_128 = |mut arch: Arch| {
        arch.0[resolution.index()] = 0;
        space.canonical(&arch)
    };
    let image = noise(0, 2, 128, Kind::Double);
    let largest = at_128(space.seed_arch());
    let before = output(&net, &largest, &image);
    // Only the widest were trained: all channels may move.
    let wide = marked(&space, ".expand", &[false, false, true]);
    let found = sorts(&space, &wide);
    // The hidden width of each of twenty blocks, and of twelve squeezes.
    assert_eq!(found.len(), 32);
    sort_channels(net.store_mut(), &found).unwrap();
    assert!(difference(&before, &output(&net, &largest, &image)) < 1e-12);
    let falls = |sums: &[f64]| sums.windows(2).all(|pair| pair[0] >= pair[1]);
    assert!(falls(&sums(&net, "s2.")));
    // Afterwards two widths of each were trained: whatever they can make stays what it is.
    let two = marked(&space, ".expand", &[false, true, true]);
    let archs: Vec<Arch> = (0..4)
        .map(|number| {
            let mut arch = random_arch(&net, number);
            for (id, decision) in space.decision_ids() {
                if decision.path.ends_with(".expand") && arch.0[id.index()] == 0 {
                    arch.0[id.index()] = 1;
                }
            }
            at_128(arch)
        })
        .collect();
    fill_weights(&net);
    let before: Vec<Tensor> = archs.iter().map(|arch| output(&net, arch, &image)).collect();
    let found = sorts(&space, &two);
    assert!(found.iter().all(|sort| sort.bounds.len() == 1 && sort.read.len() == 1));
    sort_channels(net.store_mut(), &found).unwrap();
    for (arch, before) in archs.iter().zip(&before) {
        assert!(difference(before, &output(&net, arch, &image)) < 1e-12);
    }
    assert!(!falls(&sums(&net, "s2.")));
}

/// The published order, stage by stage; channels of equal importance have none.
#[test]
fn channels_come_in_the_published_order() {
    let vectors = vectors("ofa_elastic");
    let known = &vectors["channel_sort"];
    let space = text(
        "import \"std/mobilenet\" { mbconv }\n\
         space s() {\n    input image: [8, 4, 4]\n    let expand = choose expand in {3, 4, 6}\n    \
         output y = image -> mbconv(8, expand: expand)\n}\n",
    );
    let importance: Vec<f64> = serde_json::from_value(known["importance"].clone()).unwrap();
    let stages = [[false, false, true], [false, true, true], [true, true, true]];
    for (stage, open) in stages.iter().enumerate() {
        let mut net = Supernet::new(space.clone(), PRECISE).unwrap();
        let id = net.store().find("y.project.weight").unwrap();
        {
            let _guard = torch::no_grad();
            let rows = torch::from_slice(&importance, &[1, 48, 1, 1]).unwrap() / 8.0;
            net.store().tensor(id).shallow_clone().copy_(&rows.expand([8, 48, 1, 1], false));
        }
        sort_channels(net.store_mut(), &sorts(&space, &marked(&space, "expand", open))).unwrap();
        let order: Vec<usize> =
            serde_json::from_value(known["sorted_stage"][stage.to_string()].clone()).unwrap();
        let found = sums(&net, "y.");
        for (place, (found, channel)) in found.iter().zip(order).enumerate() {
            let expected = importance[channel];
            assert!((found - expected).abs() < 1e-9, "{stage} {place}: {found} for {expected}");
        }
    }
}
