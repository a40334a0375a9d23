//! Counts and costs of the published spaces against published numbers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use nasc_compiler::analysis::{Census, count, extremes};
use nasc_compiler::arch::text::{compact, list, parse, ron_map};
use nasc_compiler::arch::{Arch, derive_text, space_hash};
use nasc_compiler::cost::memory::{self, Memory, Phase};
use nasc_compiler::cost::{Measure, Table, per_layer};
use nasc_compiler::ir::text::text;
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::{self, Limits};
use nasc_compiler::{Checked, Options, artifact, compile, emit};

fn files() -> BTreeMap<String, String> {
    [
        ("demo.nas", include_str!("../../spaces/demo.nas")),
        ("mobilenet_v2.nas", include_str!("../../spaces/mobilenet_v2.nas")),
        ("spos.nas", include_str!("../../spaces/spos.nas")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

fn compiled(file: &str) -> Checked {
    let compilation = compile(&files(), file, &Options::default()).unwrap();
    match compilation.checked {
        Some(ref space) => space.clone(),
        None => panic!("{}", compilation.render()),
    }
}

fn compiled_with(file: &str, settings: &[(&str, &str)]) -> Checked {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let files = BTreeMap::from([(file.to_owned(), text)]);
    let set = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let options = Options { set: set.collect(), ..Options::default() };
    compile(&files, file, &options).unwrap().checked.unwrap()
}

fn cost(space: &Checked, measure: Measure, arch: &Arch) -> u64 {
    Table::new(space, measure, None).unwrap().cost(arch)
}

fn tables(space: &Checked) -> [Table; 3] {
    [Measure::Macs, Measure::Params, Measure::ParamsWithoutBn]
        .map(|measure| Table::new(space, measure, None).unwrap())
}

/// Options, MACs, parameters, and parameters outside normalisations.
const SPOS: &[([u16; 20], [u64; 3])] = &[
    ([0; 20], [295_842_496, 3_154_880, 3_132_448]),
    ([1; 20], [313_654_976, 3_211_968, 3_189_536]),
    ([2; 20], [340_373_696, 3_297_600, 3_275_168]),
    ([3; 20], [358_825_920, 3_870_816, 3_830_400]),
    (
        [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3],
        [336_993_088, 3_376_064, 3_349_120],
    ),
    (
        [2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3],
        [322_918_720, 3_558_464, 3_529_312],
    ),
    (
        [0, 0, 3, 0, 3, 2, 0, 0, 3, 3, 2, 3, 3, 3, 2, 0, 0, 3, 3, 0],
        [323_326_400, 3_548_176, 3_516_464],
    ),
    (
        [0, 1, 2, 2, 1, 1, 2, 1, 3, 3, 0, 3, 0, 3, 0, 0, 2, 2, 2, 1],
        [321_833_664, 3_340_096, 3_313_824],
    ),
    (
        [2, 1, 2, 0, 2, 1, 1, 2, 3, 3, 1, 3, 0, 0, 3, 1, 3, 1, 3, 2],
        [321_219_008, 3_531_072, 3_500_960],
    ),
    (
        [2, 3, 1, 1, 3, 2, 1, 3, 3, 1, 1, 1, 3, 3, 2, 0, 3, 3, 3, 3],
        [324_342_464, 3_723_280, 3_689_168],
    ),
];

#[test]
fn spos_costs_what_was_published() {
    let space = compiled("spos.nas");
    assert_eq!(count(&space).unwrap().to_string(), "1099511627776");
    let tables = tables(&space);
    for (options, expected) in SPOS {
        let arch = Arch(options.to_vec());
        let costs = tables.each_ref().map(|table| table.cost(&arch));
        assert_eq!(costs, *expected, "{options:?}");
        let rows = per_layer(&space, &arch);
        assert_eq!(rows.iter().map(|row| row.macs).sum::<u64>(), expected[0]);
        assert_eq!(rows.iter().map(|row| row.params).sum::<u64>(), expected[1]);
        let network = fix(&space, &arch);
        let alone = self::tables(&network).map(|table| table.cost(&Arch::default()));
        assert_eq!(alone, *expected);
    }
}

#[test]
fn the_distribution_of_spos_is_the_published_one() {
    let space = compiled("spos.nas");
    let census = Census::take(&space, Some(Measure::Macs), None).unwrap();
    let histogram = census.histogram();
    assert_eq!(histogram.min(), Some(270_359_360));
    assert_eq!(histogram.max(), Some(398_609_216));
    assert!((histogram.mean() - 327_174_272.0).abs() < 1e-3);
    let share = histogram.share(None, Some(330_000_000));
    assert!((share - 0.589_192_612_103_943_2).abs() < 1e-12);
    let limits = Limits::new(&space, &space.limits).unwrap();
    let mut stream = Stream::new(0, "spos", &[]);
    let macs = Table::new(&space, Measure::Macs, None).unwrap();
    for _ in 0..100 {
        let arch = limits.draw(&space, &mut stream).unwrap();
        assert!(macs.cost(&arch) <= 330_000_000);
    }
}

/// The `MobileNetV2` of torchvision is the seed of the space.
#[test]
fn the_seed_of_the_mobilenet_space_is_torchvisions() {
    let space = compiled("mobilenet_v2.nas");
    let [macs, params, _] = tables(&space).map(|table| table.cost(&space.seed_arch()));
    assert_eq!((macs, params), (300_774_272, 3_504_872));
    let [least, most] = extremes(&space, Measure::Macs, None).unwrap();
    assert!(least.0 < macs && macs < most.0);
}

/// Counted by hand. `MobileNetV2` has most at its second block, where 96 channels of 112x112 are normalised; Single
/// Path One-Shot at its first, where 32 are and the 16 of the stem wait for the other branch.
#[test]
fn published_networks_take_the_memory_of_their_largest_places() {
    let place = 4 * 112 * 112;
    for (file, channels) in [("mobilenet_v2.nas", 2 * 96), ("spos.nas", 16 + 2 * 32)] {
        let space = compiled(file);
        let seed = space.seed_arch();
        assert_eq!(memory::peak(&space, &seed, Phase::Inference), channels * place, "{file}");
        let all = Memory::new(&space, Phase::Inference).unwrap();
        assert_eq!(all.peak(&seed), channels * place, "{file}");
    }
}

/// What `thop` prints for torchvision's networks is on its page and in what others wrote of it; its
/// `ResNets` have their mean over positions as a module, as the rule takes it.
#[test]
fn other_counters_count_resnets_as_they_print_it() {
    for (file, macs, thop, classes) in [
        ("std/seeds/resnet18.nas", 1_814_073_344, 1_824_033_792, 512),
        ("std/seeds/resnet50.nas", 4_089_184_256, 4_133_742_592, 2048),
    ] {
        let network = compiled_with(file, &[]);
        let count = |measure| cost(&network, measure, &Arch::default());
        assert_eq!(count(Measure::Macs), macs, "{file}");
        assert_eq!(count(Measure::Thop), thop, "{file}");
        assert_eq!(count(Measure::TorchFlops), 2 * macs, "{file}");
        // Half as much for a normalisation, and nothing for what the mean gives.
        let mean = classes * 49;
        let normalised = (thop - macs - mean - classes) / 4;
        assert_eq!(count(Measure::Fvcore), macs + 2 * normalised + mean, "{file}");
        assert_eq!(count(Measure::MobileCv), macs + mean, "{file}");
    }
}

#[test]
fn fbnet_and_bnnas_are_counted_as_their_codes_count() {
    for (model, operations) in [("A", 244_526_360), ("C", 378_233_440)] {
        let network = compiled_with("fbnet.nas", &[("model", model)]);
        assert_eq!(cost(&network, Measure::MobileCv, &Arch::default()), operations, "{model}");
    }
    // The seed is the published network.
    let space = compiled_with("bnnas_gpu.nas", &[]);
    assert_eq!(cost(&space, Measure::Bnnas, &space.seed_arch()), 473_549_240);
}

#[test]
fn a_network_keeps_its_scalars_and_its_statistics() {
    for file in ["mobilenet_v2.nas", "spos.nas"] {
        let space = compiled(file);
        let seed = space.seed_arch();
        let network = fix(&space, &seed);
        let kept: u64 = network.params.iter().map(nasc_compiler::ir::Param::full_size).sum();
        assert_eq!(cost(&space, Measure::WeightBytes, &seed), 4 * kept, "{file}");
    }
    // 11,689,512 parameters, and mean and variance of 4800 normalised channels.
    let network = compiled_with("std/seeds/resnet18.nas", &[]);
    let bytes = cost(&network, Measure::WeightBytes, &Arch::default());
    assert_eq!(bytes, 4 * (11_689_512 + 2 * 4800));
}

#[test]
fn every_space_comes_back_from_its_artifact() {
    for file in files().keys() {
        let space = compiled(file);
        let written = artifact::write(&space).unwrap();
        let back = artifact::read(&written).unwrap();
        assert_eq!(text(&back), text(&space), "{file}");
        assert_eq!(artifact::write(&back).unwrap(), written, "{file}");
        assert_eq!(space_hash(&back), space_hash(&space), "{file}");
    }
}

#[test]
fn every_form_of_an_architecture_comes_back() {
    for file in files().keys() {
        let space = compiled(file);
        let mut stream = Stream::new(0, "forms", &[]);
        for _ in 0..20 {
            let arch = sample::uniform(&space, &mut stream).unwrap();
            for form in [compact(&space, &arch), ron_map(&space, &arch), list(&space, &arch)] {
                assert_eq!(parse(&space, &form).unwrap().arch, arch, "{file}: {form}");
            }
        }
    }
}

/// What a search writes compiles to the network that it found.
#[test]
fn a_derived_network_compiles_to_the_same_network() {
    for file in files().keys() {
        let space = compiled(file);
        let arch = sample::uniform(&space, &mut Stream::new(1, "derive", &[])).unwrap();
        let mut all = files();
        all.insert("best.nas".to_owned(), derive_text(&space, &arch, "best", file));
        let compilation = compile(&all, "best.nas", &Options::default()).unwrap();
        assert!(compilation.diagnostics.is_empty(), "{}", compilation.render());
        let found = compilation.checked.unwrap();
        let mut expected = fix(&space, &arch).into_graph();
        expected.name = "best".to_owned();
        assert_eq!(text(&found), text(&expected), "{file}");
    }
}

#[test]
fn every_space_has_a_summary_and_pictures() {
    for file in files().keys() {
        let space = compiled(file);
        let summary = emit::summary(&space);
        assert!(summary.count.is_some() && summary.macs.is_some() && summary.params.is_some());
        assert!(emit::snapshot::body(&space, None).contains("\nnetworks\n  smallest: "));
        assert!(emit::dot(&space, Some(2)).starts_with("digraph"));
        assert!(emit::mermaid(&space, Some(2)).starts_with("flowchart"));
    }
}
