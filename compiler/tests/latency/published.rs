//! The keys of published spaces, against networks that are read by hand, and written out by the rules by
//! which a space was published.

use std::collections::BTreeSet;

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::latency::{Keys, attach, deployed, keys, keys_of, source};
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{Kind, Op};
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::uniform;

use super::super::{compiled, nanoseconds, table};
use super::naive;

#[test]
fn mobilenet_v2_has_the_units_that_it_runs() {
    let network = compiled(include_str!("../../../spaces/mobilenet_v2.nas"));
    let found = keys_of(&network, &Arch::default(), Keys::Units).unwrap();
    let found: Vec<&str> = found.iter().map(|(_, key)| key.as_str()).collect();
    // A stem, a block of two units and 21 of three, a last convolution, the mean and the classes.
    assert_eq!(found.len(), 1 + 2 + 21 * 3 + 1 + 2);
    assert_eq!(
        found[..6],
        [
            "conv;in=3x224x224;to=32x112x112;k=3;s=2;p=1;bias=1;then=relu6",
            "conv;in=32x112x112;to=32x112x112;k=3;s=1;g=32;p=1;bias=1;then=relu6",
            "conv;in=32x112x112;to=16x112x112;k=1;s=1;p=0;bias=1",
            "conv;in=16x112x112;to=48x112x112;k=1;s=1;p=0;bias=1;then=relu6",
            "conv;in=48x112x112;to=48x56x56;k=3;s=2;g=48;p=1;bias=1;then=relu6",
            "conv;in=48x56x56;to=24x56x56;k=1;s=1;p=0;bias=1",
        ]
    );
    assert_eq!(found[8], "conv;in=72x56x56;to=24x56x56;k=1;s=1;p=0;bias=1;then=add");
    assert_eq!(
        found[found.len() - 2..],
        ["global_pool;in=1280x7x7;to=1280x1x1", "linear;in=1280x1x1;to=1000;bias=1"]
    );
}

/// The space has so many keys. Drawn networks have no others, those that they have when they are read one
/// operation after the other, and their sum.
fn held(text: &str, count: usize) -> (Checked, Vec<String>) {
    let space = compiled(text);
    let all = keys(&space, Keys::Units).unwrap();
    assert_eq!(all.len(), count, "{}", space.name);
    let space = attach(space, "made", &table(&all), None).unwrap();
    let measure = Measure::Latency(space.table_named("made").unwrap());
    let sum = Table::new(&space, measure, None).unwrap();
    let known: BTreeSet<&String> = all.iter().collect();
    for draw in 0..5 {
        let arch = uniform(&space, &mut Stream::new(7, "keys", &[draw])).unwrap();
        let naive = naive::keys(&fix(&space, &arch));
        assert!(naive.iter().all(|key| known.contains(key)));
        let mut own: Vec<String> =
            keys_of(&space, &arch, Keys::Units).unwrap().into_iter().map(|(_, key)| key).collect();
        own.sort();
        assert_eq!(own, naive);
        assert_eq!(sum.cost(&arch), naive.iter().map(|key| nanoseconds(key)).sum::<u64>());
    }
    (space, all)
}

#[test]
fn spos_has_few_keys() {
    let (_, keys) = held(include_str!("../../../spaces/spos.nas"), 58);
    // Halves are joined in four stages, in the first two the first layer's are of other widths.
    let of = |name: &str| keys.iter().filter(|key| key.starts_with(&format!("{name};"))).count();
    assert_eq!((of("concat"), of("deinterleave")), (6, 4));
}

#[test]
fn proxyless_has_a_key_for_each_layer_and_candidate() {
    held(include_str!("../../../spaces/proxyless.nas"), 94);
}

#[test]
fn netadaptv2_has_a_key_for_each_width_and_kernel() {
    let text = include_str!("../../../spaces/netadaptv2_mobilenet_v3.nas");
    let (_, keys) = held(text, 2469);
    assert!(keys.iter().any(|key| key.contains("bypass")) == text.contains("bypass("));
}

/// What is timed whole has the units of the network that it is, and nothing that folds.
#[test]
fn deployed_networks_have_the_same_units() {
    for text in [
        include_str!("../../../spaces/mobilenet_v2.nas"),
        include_str!("../../../spaces/bnn_reactnet18.nas"),
        include_str!("../../../spaces/spos.nas"),
        include_str!("../../../spaces/ofa_mobilenet_v3.nas"),
    ] {
        let space = compiled(text);
        let network = fix(&space, &uniform(&space, &mut Stream::new(1, "whole", &[])).unwrap());
        let whole = deployed(&network);
        assert_eq!(naive::keys(&whole), naive::keys(&network));
        let norms = |graph: &Checked| {
            let is_norm = |op: &Op| matches!(op, Op::Prim { kind: Kind::Bn, .. });
            graph.nodes().filter(|(_, node)| is_norm(&node.op)).count()
        };
        assert_eq!(norms(&whole), 0, "{}", space.name);
    }
}

/// Once-for-all by its published rules: resolutions, stages, kernels and expansions written out.
#[test]
fn once_for_all_has_the_keys_of_its_rules() {
    let (_, found) = held(include_str!("../../../spaces/ofa_mobilenet_v3.nas"), 2143);
    let mut expected = BTreeSet::new();
    for size in (128..=224).step_by(4) {
        let mut side = (size - 1) / 2 + 1;
        expected.insert(format!(
            "conv;in=3x{size}x{size};to=16x{side}x{side};k=3;s=2;p=1;bias=1;then=hswish"
        ));
        expected.insert(format!(
            "conv;in=16x{side}x{side};to=16x{side}x{side};k=3;s=1;g=16;p=1;bias=1;then=relu"
        ));
        expected.insert(format!(
            "conv;in=16x{side}x{side};to=16x{side}x{side};k=1;s=1;p=0;bias=1;then=add"
        ));
        let stages = [
            (16, 24, 2, "relu", false),
            (24, 40, 2, "relu", true),
            (40, 80, 2, "hswish", false),
            (80, 112, 1, "hswish", true),
            (112, 160, 2, "hswish", true),
        ];
        for (before, out, stride, act, squeeze) in stages {
            expected.extend(block(before, out, side, stride, act, squeeze, ""));
            side = (side - 1) / stride + 1;
            expected.extend(block(out, out, side, 1, act, squeeze, ";then=add"));
        }
        expected.insert(format!(
            "conv;in=160x{side}x{side};to=960x{side}x{side};k=1;s=1;p=0;bias=1;then=hswish"
        ));
        expected.insert(format!("global_pool;in=960x{side}x{side};to=960x1x1"));
        expected.insert("linear;in=960x1x1;to=1280;then=hswish".to_owned());
        expected.insert("linear;in=1280;to=1000;bias=1".to_owned());
    }
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// The units of an inverted residual at every kernel and expansion.
fn block(
    before: u32,
    out: u32,
    side: u32,
    stride: u32,
    act: &str,
    squeeze: bool,
    after: &str,
) -> Vec<String> {
    let mut made = Vec::new();
    let below = (side - 1) / stride + 1;
    for hidden in [3, 4, 6].map(|expand| before * expand) {
        made.push(format!(
            "conv;in={before}x{side}x{side};to={hidden}x{side}x{side};k=1;s=1;p=0;bias=1;then={act}"
        ));
        for kernel in [3, 5, 7] {
            made.push(format!(
                "conv;in={hidden}x{side}x{side};to={hidden}x{below}x{below};k={kernel};s={stride};\
                 g={hidden};p={};bias=1;then={act}",
                kernel / 2
            ));
        }
        if squeeze {
            let reduced = near(hidden / 4);
            made.extend([
                format!("global_pool;in={hidden}x{below}x{below};to={hidden}x1x1"),
                format!("conv;in={hidden}x1x1;to={reduced}x1x1;k=1;s=1;p=0;bias=1;then=relu"),
                format!("conv;in={reduced}x1x1;to={hidden}x1x1;k=1;s=1;p=0;bias=1;then=hsigmoid"),
                format!("mul;in={hidden}x{below}x{below},{hidden}x1x1;to={hidden}x{below}x{below}"),
            ]);
        }
        made.push(format!(
            "conv;in={hidden}x{below}x{below};to={out}x{below}x{below};k=1;s=1;p=0;bias=1{after}"
        ));
    }
    made
}

/// The nearest multiple of 8 that is at least nine tenths of a width.
fn near(width: u32) -> u32 {
    let near = ((width + 4) / 8 * 8).max(8);
    if near * 10 < width * 9 { near + 8 } else { near }
}

/// Every key is a network of that one unit, whatever the space: what is measured for a key is what it says.
#[test]
fn keys_are_networks_of_their_one_unit() {
    let mut known = BTreeSet::new();
    for text in [
        include_str!("../../../spaces/spos.nas"),
        include_str!("../../../spaces/proxyless.nas"),
        include_str!("../../../spaces/nasbench201.nas"),
        include_str!("../../../spaces/fastdepth.nas"),
        include_str!("../../../spaces/netadaptv2_fastdepth.nas"),
        include_str!("../../../spaces/pvnas.nas"),
        include_str!("../../../spaces/bnn_reactnet18.nas"),
    ] {
        known.extend(keys(&compiled(text), Keys::Units).unwrap());
    }
    // Few of those that differ in numbers alone.
    let mut kinds: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for key in known {
        let kind: String = key.chars().filter(|c| !c.is_ascii_digit()).collect();
        let met = kinds.entry(kind).or_default();
        *met += 1;
        if *met > 3 {
            continue;
        }
        let text = source(&key).unwrap();
        let unit = compiled(&text);
        let own: Vec<String> = keys(&unit, Keys::Units).unwrap();
        assert_eq!(own, [key], "{text}");
    }
    assert!(kinds.len() > 40, "{}", kinds.len());
    for wrong in ["", "conv", "conv;in=3x8x8", "convolution;in=3;to=4", "act;in=3;to=3;kind=a\"b"] {
        assert!(source(wrong).is_err(), "{wrong}");
    }
}
