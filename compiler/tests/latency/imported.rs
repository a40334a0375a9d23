//! Tables of others: their names for what published spaces have, and their files.

use std::collections::BTreeSet;

use nasc_compiler::arch::text::parse;
use nasc_compiler::cost::latency::{
    Interpolation, Keys, attach, import_netadapt, import_yaml, keys, keys_of, read, write,
};
use nasc_compiler::cost::{Measure, Table};

use super::super::compiled;

#[test]
fn proxyless_has_the_entries_of_its_rules() {
    let space = compiled(include_str!("../../../spaces/proxyless.nas"));
    let mut expected: BTreeSet<String> = [
        "Conv-input:224x224x3-output:112x112x32",
        "expanded_conv-input:112x112x32-output:112x112x16-expand:1-kernel:3-stride:1-idskip:0",
        "Conv_1-input:7x7x320-output:7x7x1280",
        "Logits-input:7x7x1280-output:1000",
    ]
    .map(str::to_owned)
    .into();
    let stages = [(16, 24, 2), (24, 40, 2), (40, 80, 2), (80, 96, 1), (96, 192, 2), (192, 320, 1)];
    let mut side = 112;
    for (before, out, stride) in stages {
        let below = side / stride;
        for kernel in [3, 5, 7] {
            for expand in [3, 6] {
                expected.insert(format!(
                    "expanded_conv-input:{side}x{side}x{before}-output:{below}x{below}x{out}-expand:{expand}-\
                     kernel:{kernel}-stride:{stride}-idskip:0"
                ));
                if out < 320 {
                    expected.insert(format!(
                        "expanded_conv-input:{below}x{below}x{out}-output:{below}x{below}x{out}-expand:{expand}-\
                         kernel:{kernel}-stride:1-idskip:1"
                    ));
                }
            }
        }
        side = below;
    }
    let found = keys(&space, Keys::Proxyless).unwrap();
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn once_for_all_has_the_entries_of_its_rules() {
    let space = compiled(include_str!("../../../spaces/ofa_mobilenet_v3.nas"));
    let mut expected = BTreeSet::new();
    let block = |from: (u32, u32), to: (u32, u32), mid: u32, kernel: u32, rest: [u32; 4]| {
        let [stride, skip, gate, swish] = rest;
        format!(
            "expanded_conv-input:{0}x{0}x{1}-output:{2}x{2}x{3}-expand:{mid}-kernel:{kernel}-stride:{stride}-\
             idskip:{skip}-se:{gate}-hs:{swish}",
            from.0, from.1, to.0, to.1
        )
    };
    for size in (128..=224).step_by(4) {
        let mut side = size / 2;
        expected.insert(format!("Conv-input:{size}x{size}x3-output:{side}x{side}x16"));
        expected.insert(block((side, 16), (side, 16), 16, 3, [1, 1, 0, 0]));
        let stages = [
            (16, 24, 2, 0, 0),
            (24, 40, 2, 1, 0),
            (40, 80, 2, 0, 1),
            (80, 112, 1, 1, 1),
            (112, 160, 2, 1, 1),
        ];
        for (before, out, stride, gate, swish) in stages {
            let below = (side - 1) / stride + 1;
            for kernel in [3, 5, 7] {
                for expand in [3, 4, 6] {
                    let (from, to) = ((side, before), (below, out));
                    let rest = [stride, 0, gate, swish];
                    expected.insert(block(from, to, before * expand, kernel, rest));
                    let rest = [1, 1, gate, swish];
                    expected.insert(block(to, to, out * expand, kernel, rest));
                }
            }
            side = below;
        }
        expected.insert(format!("Conv_1-input:{side}x{side}x160-output:{side}x{side}x960"));
        expected.insert(format!("AvgPool2D-input:{side}x{side}x960-output:1x1x960"));
        expected.insert("Conv_2-input:1x1x960-output:1x1x1280".to_owned());
        expected.insert("Logits-input:1x1x1280-output:1000".to_owned());
    }
    let found: BTreeSet<String> = keys(&space, Keys::Ofa).unwrap().into_iter().collect();
    let differ: Vec<&String> = found.symmetric_difference(&expected).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

const SMALL: &str = "import \"std/mobilenet\" { mbconv }
space small() {
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3, stride: 2) -> bn -> relu6
    let x = stem -> choose op {
        k3: mbconv(8, kernel: 3, expand: 3)
        k5: mbconv(8, kernel: 5, expand: 6)
        skip: identity
    }
    output y = x -> conv(16) -> bn -> relu6 -> global_pool -> linear(10)
}
";

const YAML: &str = "# milliseconds
Conv-input:16x16x3-output:8x8x8: {count: 50, mean: 1.5}
'expanded_conv-input:8x8x8-output:8x8x8-expand:3-kernel:3-stride:1-idskip:1':
  count: 20.0
  mean: 2.25   # of twenty
expanded_conv-input:8x8x8-output:8x8x8-expand:6-kernel:5-stride:1-idskip:1:
  mean: 4.125
Conv_1-input:8x8x8-output:8x8x16: {mean: 0.5}
Logits-input:8x8x16-output:10: {mean: 0.125}
";

#[test]
fn a_yaml_table_counts_the_networks_of_its_space() {
    let table = import_yaml(YAML, Keys::Proxyless, "phone").unwrap();
    assert_eq!(read(&write(&table)), Ok(table.clone()));
    assert_eq!(table.entries.len(), 5);
    let first = table.entries["Conv-input:16x16x3-output:8x8x8"];
    assert_eq!((first.median, first.n), (1_500_000, 50));
    let space = attach(compiled(SMALL), "phone", &table, None).unwrap();
    let sum = Table::new(&space, Measure::Latency(space.table_named("phone").unwrap()), None);
    let sum = sum.unwrap();
    for (op, ns) in [("k3", 4_375_000), ("k5", 6_250_000), ("skip", 2_125_000)] {
        let arch = parse(&space, &format!("x.op={op}")).unwrap().arch;
        assert_eq!(sum.cost(&arch), ns, "{op}: {:?}", keys_of(&space, &arch, Keys::Proxyless));
    }
    let lacking = YAML.replace("expand:6-kernel:5", "expand:6-kernel:7");
    let table = import_yaml(&lacking, Keys::Proxyless, "phone").unwrap();
    let error = attach(compiled(SMALL), "phone", &table, None).unwrap_err().to_string();
    assert!(error.contains("expand:6-kernel:5-stride:1-idskip:1"), "{error}");
}

#[test]
fn damaged_yaml_is_told_by_line() {
    let wrong = |text: &str| import_yaml(text, Keys::Ofa, "phone").unwrap_err();
    assert_eq!(wrong("  mean: 3"), "line 1: the number belongs to no entry");
    assert_eq!(wrong("a: {mean: 3"), "line 1: the braces do not match");
    assert_eq!(wrong("a: {mean: x}"), "line 1: `name: number` is expected");
    assert_eq!(wrong("a:\n  mean: 1\na: {mean: 2}"), "line 3: `a` is there twice");
    assert_eq!(wrong("a:\n  count: 1"), "`a` has no `mean`");
    assert_eq!(wrong("a: {mean: -1}"), "the latency of `a` is no time");
    assert_eq!(wrong("alone"), "line 1: an entry is expected");
}

#[test]
fn a_dictionary_of_netadapt_is_a_grid_per_layer() {
    let space = compiled(
        "space pruned() {
            input image: [3, 8, 8]
            let width = choose width in {8, 12, 16}
            let a = image -> conv(width, kernel: 3)
            let b = a -> bn -> relu -> conv(8)
            output y = b -> relu
        }",
    );
    let text = "{\"a\": {\"kernel_size\": [3, 3], \"is_depthwise\": false,
          \"latency\": {\"(3, 16)\": 0.002, \"(3, 8)\": 1e-3}},
        \"b.conv\": {\"latency\": {\"16,8\": 0.004, \"8,8\": 0.003}}}";
    let table = import_netadapt(text, "board").unwrap();
    assert_eq!(read(&write(&table)), Ok(table.clone()));
    let found = keys(&space, Keys::Layers).unwrap();
    assert_eq!(found.len(), 6);
    assert!(attach(space.clone(), "board", &table, None).is_err());
    let between = Interpolation::of(&table);
    let space = attach(space, "board", &table, Some(&between)).unwrap();
    let sum = Table::new(&space, Measure::Latency(space.table_named("board").unwrap()), None);
    let sum = sum.unwrap();
    for (width, ns) in [(8, 4_000_000), (12, 5_000_000), (16, 6_000_000)] {
        let arch = parse(&space, &format!("width={width}")).unwrap().arch;
        assert_eq!(sum.cost(&arch), ns, "{found:?}");
    }
    let wrong = |text: &str| import_netadapt(text, "board").unwrap_err();
    assert_eq!(wrong("{\"a\": {\"stride\": 1}}"), "`a` has no `latency`");
    assert!(wrong("{\"a\": {\"latency\": {\"3\": 1.0}}}").contains("no pair of channels"));
    let twice = "{\"a\": {\"latency\": {\"3,4\": 1.0, \"(3, 4)\": 2.0}}}";
    assert!(wrong(twice).contains("there twice"), "{}", wrong(twice));
    assert!(!wrong("{").is_empty());
}
