//! Seeds and targets that are spaces, and networks found in them.

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::remap::{Policy, Side, plan};
use nasc_compiler::{Checked, sample};

use crate::{compiled, file, filled, weights, whole};

const SPACES: [&str; 8] = [
    "ofa_mobilenet_v3",
    "spos",
    "spos_channels",
    "darts",
    "fna_ssdlite",
    "attentivenas",
    "fbnetv2",
    "nasbench201",
];

fn space(name: &str) -> Checked {
    compiled(&file(name), &[])
}

fn drawn(space: &Checked, seed: u64) -> Arch {
    sample::uniform(space, &mut Stream::new(seed, "remap", &[])).unwrap()
}

#[test]
fn a_network_onto_itself_is_itself() {
    for name in SPACES {
        let space = space(name);
        for seed in 0..3 {
            let network = fix(&space, &drawn(&space, seed));
            let held = weights(&network, |tensor, place| (tensor * 7919 + place) as f64 + 1.0);
            let plan = whole(&network, &network, &Policy::default());
            for planned in &plan.tensors {
                let (_, old) = &held[&*planned.path];
                let found = filled(&plan, planned, &held, vec![-7.0; old.len()]);
                assert!(found == *old, "{name}: {}", planned.path);
            }
            assert!(plan.unmapped.is_empty(), "{name}");
        }
    }
}

/// Every tensor of a network comes from the space's tensor of its name, and all of it.
#[test]
fn a_network_is_filled_whole_from_its_space() {
    for name in SPACES {
        let space = space(name);
        for seed in 0..3 {
            let arch = drawn(&space, seed);
            let network = fix(&space, &arch);
            let from = Side::network_of(&space, &arch);
            let plan = plan(&from, &Side::found(&network, &space), &Policy::default());
            for planned in &plan.tensors {
                // Of several copies it is the one that the network uses.
                let taken = &planned.from.as_ref().unwrap().path;
                let plain = taken.split_once('@').map_or(&**taken, |(plain, _)| plain);
                assert_eq!(plain, &*planned.path, "{name}");
                assert_eq!(planned.tally.copied, planned.tally.all(), "{name}: {}", planned.path);
            }
            assert!(plan.unmapped.is_empty(), "{name}: {:?}", plan.unmapped);
        }
    }
}

/// A found network is the next seed, of its own space and of another.
#[test]
fn a_found_network_fills_its_space() {
    let space = space("ofa_mobilenet_v3");
    let arch = drawn(&space, 5);
    let network = fix(&space, &arch);
    let plan = plan(&Side::found(&network, &space), &Side::whole(&space), &Policy::default());
    assert!(plan.unmapped.is_empty());
    let unfilled: Vec<&str> = plan
        .tensors
        .iter()
        .filter(|planned| planned.from.is_none())
        .map(|planned| planned.path.rsplit('.').next().unwrap())
        .collect();
    // Matrices between kernels begin as what takes the centre.
    assert!(unfilled.iter().all(|name| name.starts_with("transform_")), "{unfilled:?}");
    let stage = plan.stages().into_iter().find(|stage| &*stage.path == "s1").unwrap();
    assert!(stage.tally.copied > 0 && stage.tally.zeroed > 0);
}

#[test]
fn torchvisions_network_fills_the_elastic_space() {
    let text = file("ofa_mobilenet_v3").replacen(
        "import",
        "import \"std/seeds/mobilenet_v3_large\" { mobilenet_v3_large }\nimport",
        1,
    );
    let remap = "    remap mobilenet_v3_large {
        first from stage1
        s1 from stage2
        s2 from stage3
        s3 from stage4
        s4 from stage5
        s5 from stage6
        last.conv from logits.conv
        last.bn from logits.bn
    }
}";
    let end = text.rfind('}').unwrap();
    let space = compiled(&format!("{}{remap}", &text[..end]), &[]);
    let seed = compiled("std/seeds/mobilenet_v3_large.nas", &[]);
    let policy = Policy::from(space.remap.as_ref().unwrap());
    let plan = whole(&seed, &space, &policy);
    // The library writes squeeze-and-excite with other names than torchvision.
    let lines: Vec<String> = nasc_compiler::remap::lines(&plan)
        .into_iter()
        .filter(|line| {
            line.starts_with("s2.3.") || line.starts_with("last") || line.contains("all")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
