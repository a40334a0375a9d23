//! Architectures as other programs publish them, into networks of the library's spaces and out again.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use nasc_compiler::arch::foreign::{Form, read, write};
use nasc_compiler::arch::{Arch, text};
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::random::Stream;
use nasc_compiler::source::Load;
use nasc_compiler::{Checked, Options, compile};
use serde_json::Value;

struct Files;

impl Load for Files {
    fn load(&self, name: &str) -> Result<String, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn space(name: &str) -> Checked {
    let file = format!("spaces/{name}.nas");
    compile(&Files, &file, &Options::default()).unwrap().checked.unwrap()
}

fn arch(space: &Checked, form: Form, text: &str) -> Arch {
    let parsed = read(space, form, text).unwrap();
    assert!(parsed.absent.is_empty(), "{:?}", parsed.absent);
    parsed.arch
}

/// Read, and written as the same text.
fn there_and_back(space: &Checked, form: Form, text: &str) -> Arch {
    let arch = arch(space, form, text);
    assert_eq!(write(space, form, &arch).unwrap(), text);
    arch
}

const RETINANET: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k3_e6', 'k3_e6', 'skip', 'skip'], 2]|
[[24, 32], ['k7_e6', 'k5_e6', 'skip', 'skip'], 2]|
[[32, 64], ['k3_e6', 'k5_e6', 'k7_e6', 'k3_e6'], 2]|
[[64, 96], ['k5_e6', 'k7_e6', 'skip', 'skip'], 1]|
[[96, 160], ['k7_e6', 'k7_e6', 'k7_e3', 'k7_e6'], 2]|
[[160, 320], ['k7_e6'], 1]";

const SSDLITE: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k5_e6', 'skip', 'skip', 'skip'], 2]|
[[24, 32], ['k5_e6', 'k5_e6', 'k3_e6', 'k5_e6'], 2]|
[[32, 64], ['k5_e6', 'k7_e6', 'k3_e6', 'skip'], 2]|
[[64, 96], ['k7_e6', 'k7_e6', 'k7_e6', 'k7_e6'], 1]|
[[96, 160], ['k5_e6', 'k7_e6', 'k7_e6', 'skip'], 2]|
[[160, 320], ['k7_e6'], 1]";

const DEEPLAB: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k3_e6', 'k3_e6', 'skip', 'skip'], 2]|
[[24, 32], ['k7_e6', 'k3_e6', 'k3_e6', 'k3_e6'], 2]|
[[32, 64], ['k7_e6', 'k7_e6', 'k5_e6', 'k7_e6', 'k7_e6', 'k5_e6'], 2]|
[[64, 96], ['k7_e6', 'k7_e6', 'k7_e6', 'k7_e6', 'skip', 'skip'], 1]|
[[96, 160], ['k7_e6', 'k5_e6', 'skip', 'skip'], 2]|
[[160, 320], ['k7_e3'], 1]";

/// The published strings are the seeds of these spaces. `DeepLabv3` dilates its last stages where the string
/// says a stride.
#[test]
fn published_net_configs_are_the_networks_of_fna() {
    let published =
        [("fna_retinanet", RETINANET), ("fna_ssdlite", SSDLITE), ("fna_deeplabv3", DEEPLAB)];
    for (name, config) in published {
        let space = space(name);
        assert_eq!(there_and_back(&space, Form::Fna, config), space.seed_arch(), "{name}");
        // As the published files break their lines, or not at all.
        let joined = config.replace('\n', "").replace(", ", ",");
        assert_eq!(arch(&space, Form::Fna, &joined), space.seed_arch(), "{name}");
    }
}

#[test]
fn published_lists_cost_what_they_should() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/spos_architectures.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (plain, channels) = (space("spos"), space("spos_channels"));
    let cost =
        |space: &Checked, arch: &Arch| Table::new(space, Measure::Macs, None).unwrap().cost(arch);
    for (name, published) in vectors["archs"].as_object().unwrap() {
        let list = |field: &str| {
            let numbers = published[field].as_array().unwrap().iter();
            format!("[{}]", numbers.map(Value::to_string).collect::<Vec<_>>().join(", "))
        };
        let (space, text) = match published.get("scale_ids") {
            Some(_) => {
                let text =
                    format!("{{\"arch\": {}, \"scale_ids\": {}}}", list("arch"), list("scale_ids"));
                (&channels, text)
            }
            None => (&plain, list("arch")),
        };
        let arch = there_and_back(space, Form::Spos, &text);
        assert_eq!(published["macs"], cost(space, &arch), "{name}");
    }
    // DetNAS's list for FPN is the seed of its space.
    let detnas = space("detnas_300m");
    let list = "[2, 1, 2, 0, 2, 1, 1, 2, 3, 3, 1, 3, 0, 0, 3, 1, 3, 1, 3, 2]";
    assert_eq!(there_and_back(&detnas, Form::Spos, list), detnas.seed_arch());
}

const MOBILENET: &str = "[
    [\"ir_r2_k3_s2_e6_c24\"],
    [\"ir_r3_k3_s2_e6_c32\"],
    [\"ir_r4_k3_s2_e6_c64\"],
    [\"ir_r3_k3_s1_e6_c96\"],
    [\"ir_r3_k3_s2_e6_c160\"],
    [\"ir_r1_k3_s1_e6_c320\"]
]";

#[test]
fn block_strings_are_read_and_written() {
    let space = space("mobilenet_v2");
    assert_eq!(there_and_back(&space, Form::Timm, MOBILENET), space.seed_arch());
    // The whole definition, with what is not decided and as Python writes it.
    let whole = "[['ds_r1_k3_s1_c16'], ['ir_r2_k3_s2_e6_c24'], ['ir_r3_k3_s2_e6_c32'], ['ir_r4_k3_s2_e6_c64'], \
                 ['ir_r3_k3_s1_e6_c96'], ['ir_r3_k3_s2_e6_c160'], ['ir_r1_k3_s1_e6_c320'], ['cn_r1_k1_s1_c1280']]";
    assert_eq!(arch(&space, Form::Timm, whole), space.seed_arch());
    let mixed = MOBILENET.replace(
        "[\"ir_r4_k3_s2_e6_c64\"]",
        "[\"ir_r1_k5_s2_e3_c64\", \"ir_r2_k3_s1_e6_c64\", \"ir_r1_k7_s1_e6_c64\"]",
    );
    let found = there_and_back(&space, Form::Timm, &mixed);
    let compact = text::compact(&space, &found);
    assert!(
        compact.contains("s4.0.op=k5_e3,s4.1.op=k3_e6,s4.2.op=k3_e6,s4.3.op=k7_e6"),
        "{compact}"
    );

    // A layer that is skipped between others is another network than one skipped at the end.
    let between = compact.replace("s4.1.op=k3_e6", "s4.1.op=skip");
    let between = text::parse(&space, &between).unwrap().arch;
    assert!(write(&space, Form::Timm, &between).unwrap_err().contains("skipped"));
    for form in [Form::Fna, Form::Fbnet] {
        let written = write(&space, form, &between).unwrap();
        assert_eq!(arch(&space, form, &written), between, "{form:?}");
    }
}

#[test]
fn definitions_of_fbnet_are_read_and_written() {
    let space = space("mobilenet_v2");
    let published = "{\"blocks\": [
        [(\"conv_k3\", 32, 2, 1)],
        [(\"ir_k3_e1\", 16, 1, 1)],
        [(\"ir_k3\", 24, 2, 1, {\"expansion\": 6}), (\"ir_k3_e6\", 24, 1, 1), (\"skip\", 24, 1, 2)],
        [(\"ir_k3_e6\", 32, 2, 1), (\"ir_k3_e6\", 32, 1, 2)],
        [(\"ir_k3_e6\", 64, 2, 1), (\"ir_k3_e6\", 64, 1, 3)],
        [(\"ir_k3_e6\", 96, 1, 3)],
        [(\"ir_k3_e6\", 160, 2, 1), (\"ir_k3_e6\", 160, 1, 2)],
        [(\"ir_k3_e6\", 320, 1, 1)],
        [(\"conv_k1\", 1280, 1, 1)]
    ]}";
    let seed = arch(&space, Form::Fbnet, published);
    assert_eq!(seed, space.seed_arch());
    let written = write(&space, Form::Fbnet, &seed).unwrap();
    assert_eq!(there_and_back(&space, Form::Fbnet, &written), seed);
}

#[test]
fn networks_of_once_for_all_are_read_and_written() {
    let space = space("ofa_mobilenet_v3");
    let sevens = ["7"; 20].join(", ");
    let sixes = ["6"; 20].join(", ");
    let largest =
        format!("{{\"ks\": [{sevens}], \"e\": [{sixes}], \"d\": [4, 4, 4, 4, 4], \"r\": [224]}}");
    assert_eq!(there_and_back(&space, Form::Ofa, &largest), space.seed_arch());
    // What is said of layers that are not there means nothing, as in the published files.
    let shallow = largest.replace("[4, 4, 4, 4, 4]", "[2, 3, 4, 2, 4]").replace("[224]", "160");
    let shallow = arch(&space, Form::Ofa, &shallow);
    let compact = text::compact(&space, &shallow);
    assert!(compact.starts_with("resolution=160,s1.depth=2,"), "{compact}");
    let mut stream = Stream::new(0, "foreign", &[]);
    for _ in 0..20 {
        let options = space.decisions.iter().map(|d| stream.below(d.options.len() as u64) as u16);
        let drawn = space.canonical(&Arch(options.collect()));
        let written = write(&space, Form::Ofa, &drawn).unwrap();
        assert_eq!(arch(&space, Form::Ofa, &written), drawn);
    }
}

#[test]
fn every_network_that_a_form_can_say_comes_back() {
    let mut stream = Stream::new(1, "foreign", &[]);
    for (name, forms) in [
        ("fna_retinanet", &[Form::Fna, Form::Fbnet, Form::Timm][..]),
        ("mobilenet_v2", &[Form::Fna, Form::Fbnet, Form::Timm]),
        ("spos", &[Form::Spos]),
        ("spos_channels", &[Form::Spos]),
    ] {
        let space = space(name);
        for _ in 0..50 {
            let options =
                space.decisions.iter().map(|d| stream.below(d.options.len() as u64) as u16);
            let drawn = space.canonical(&Arch(options.collect()));
            for &form in forms {
                match write(&space, form, &drawn) {
                    Ok(written) => assert_eq!(arch(&space, form, &written), drawn, "{name}"),
                    Err(why) => assert!(form == Form::Timm, "{name} as {form:?}: {why}"),
                }
            }
        }
    }
}

#[test]
fn texts_of_other_spaces_are_refused_with_the_reason() {
    let (fna, mobile, spos, ofa) =
        (space("fna_retinanet"), space("mobilenet_v2"), space("spos"), space("ofa_mobilenet_v3"));
    for (space, form, text, words) in [
        (&fna, Form::Fna, RETINANET.replace("[[32, 64]", "[[32, 48]"), "begins with 64"),
        (&fna, Form::Fna, RETINANET.replace("'k7_e3'", "'k9_e3'"), "k9_e3"),
        (&fna, Form::Fna, RETINANET.replace("'k7_e3'", "'mbconv'"), "`mbconv` is no layer"),
        (
            &fna,
            Form::Fna,
            RETINANET.replace("['k7_e6'], 1", "['k7_e6', 'skip'], 1"),
            "and the text 2",
        ),
        (&fna, Form::Fna, "[[32".to_owned(), "no list or map"),
        (&fna, Form::Fna, "[1, 2]".to_owned(), "widths, layers and a stride"),
        (&mobile, Form::Timm, MOBILENET.replace("c24", "c20"), "24 channels and stride 2 for `s2`"),
        (&mobile, Form::Timm, MOBILENET.replace("_k3_s2_e6_c24", "_q3_c24"), "`q3`"),
        (&mobile, Form::Timm, "[['ir_r999999999_k3_s2_e6_c24']]".to_owned(), "repeated"),
        (&mobile, Form::Fbnet, "{\"blocks\": [[[\"skip\"]]]}".to_owned(), "a name, a width"),
        (&spos, Form::Timm, MOBILENET.to_owned(), "160 channels"),
        (&spos, Form::Spos, "[0, 1]".to_owned(), "2 numbers, and the space 20"),
        (&spos, Form::Spos, format!("[4{}]", ", 0".repeat(19)), "4 options, and none is 4"),
        (&ofa, Form::Ofa, "{\"d\": [2, 2]}".to_owned(), "`d` has 2 numbers, and the space 5"),
        (&ofa, Form::Ofa, "{}".to_owned(), "no `d`"),
        (&ofa, Form::Ofa, "[".repeat(100_000), "no list or map"),
    ] {
        let why = read(space, form, &text).unwrap_err();
        assert!(why.contains(words), "{why:?} lacks {words:?}");
    }
}
