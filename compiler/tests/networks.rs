//! Small spaces, network by network: every assignment of options is looked at on its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use nasc_compiler::analysis::{Census, count};
use nasc_compiler::arch::Arch;
use nasc_compiler::diagnostic::{Diagnostic, Severity};
use nasc_compiler::ir::text::text;
use nasc_compiler::pass::fix;
use nasc_compiler::{Checked, Options, compile};

fn space(body: &str) -> Checked {
    let text = format!("space s() {{\n    input image: [3, 8, 8]\n{body}\n}}\n");
    let files = BTreeMap::from([("s.nas".to_owned(), text)]);
    let compilation = compile(&files, "s.nas", &Options::default()).unwrap();
    // Decisions that nothing uses are among what is looked at, and warned of.
    let is_fine = |d: &Diagnostic| d.severity == Severity::Warning;
    assert!(compilation.diagnostics.iter().all(is_fine), "{}", compilation.render());
    compilation.checked.unwrap()
}

/// Every assignment of an option to every decision.
fn assignments(space: &Checked) -> Vec<Arch> {
    let mut all = vec![Arch::default()];
    for (id, decision) in space.decision_ids() {
        let longer = |arch: &Arch| {
            let options = 0..decision.options.len() as u32;
            let arch = arch.clone();
            options.map(move |option| {
                let mut arch = arch.clone();
                arch.set(id, option);
                arch
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Spaces with the number of their distinct networks.
const SPACES: &[(&str, u32, &str)] = &[
    (
        "a width of zero is read by the `concat` that leaves its tensor out",
        2,
        "let w = choose w in {8, 0}
         output y = concat(image -> conv(w), image) -> conv(4)",
    ),
    (
        "a width of zero that is the first option",
        2,
        "let w = choose w in {0, 8}
         output y = concat(image -> conv(w), image) -> conv(4)",
    ),
    (
        "a decision reads the guards of its alternatives",
        3,
        "let wide = choose wide in {false, true}
         let x = image -> choose op {
             plain: conv(8)
             if wide { large: conv(8, kernel: 3) }
         }
         output y = x",
    ),
    (
        "a network is left if one option of an absent decision leaves it",
        3,
        "let k = choose k in {3, 5}
         let skip = choose skip in {false, true}
         let x = image
         if not skip { x = x -> conv(3, kernel: k) }
         forbid k == 3 and skip
         output y = x",
    ),
    (
        "the canonical option of an absent decision is forbidden elsewhere",
        2,
        "let n = choose n in {1, 2}
         let k = choose k in {3, 5}
         let x = image
         for i in 0..n { x = x -> conv(3, kernel: if i == 0 { 1 } else { k }) }
         forbid k == 3
         output y = x",
    ),
    (
        "forbidden together, where one of the two decides whether the other exists",
        4,
        "let n = choose n in {1, 2, 3}
         let k = choose k in {3, 5}
         let x = image
         for i in 0..n { x = x -> conv(3, kernel: if i == 0 { 1 } else { k }) }
         forbid k == 3 and n == 3
         output y = x",
    ),
    (
        "an output that only some networks have is read in all of them",
        2,
        "let both = choose both in {false, true}
         output y = image -> conv(8)
         if both { output z = image }",
    ),
    (
        "absent decisions in a chain, decided before what they depend on",
        5,
        "let c = choose c in {0, 1}
         let b = choose b in {0, 1, 2}
         let a = choose a in {0, 1}
         let x = image
         if a == 1 {
             x = x -> conv(3)
             if b == 2 { x = x -> conv(3, kernel: 2 * c + 1) }
         }
         forbid a == 0 and c == 0 and b == 0
         output y = x",
    ),
    (
        "absent decisions in a chain, decided after what they depend on",
        5,
        "let a = choose a in {0, 1}
         let x = image
         if a == 1 {
             x = x -> conv(3)
             let b = choose b in {0, 1, 2}
             if b == 2 {
                 let c = choose c in {1, 3}
                 x = x -> conv(3, kernel: c)
                 forbid b == 0 and c == 1
             }
         }
         output y = x",
    ),
    (
        "what a `keep` leaves out decides nothing",
        11,
        "output y = keep 2 of edges {
             a: image -> conv(4, kernel: choose k in {1, 3})
             b: image -> choose op { x: conv(4), y: conv(4, kernel: 3), z: conv(4, kernel: 5) }
             c: image -> conv(4, kernel: 7)
         }",
    ),
    (
        "a `keep` of some alternatives that are not always there",
        12,
        "let wide = choose wide in {false, true}
         output y = keep 2 of edges {
             a: image -> conv(4)
             b: image -> conv(4, kernel: 3)
             c: image -> conv(4, kernel: 5)
             if wide { d: image -> conv(4, kernel: choose k in {1, 3}) }
         }",
    ),
    (
        "a bypass that keeps nothing needs nothing computed",
        5,
        "let m = choose m in {0, 2, 4}
         let k = choose k in {3, 5}
         output y = bypass(image -> dwconv(k) -> conv(m) -> bn, image) -> conv(4)",
    ),
    (
        "a bypass that keeps more than is carried needs nothing carried",
        3,
        "let m = choose m in {2, 6}
         let k = choose k in {3, 5}
         let carried = image -> conv(4, kernel: k)
         output y = bypass(image -> conv(m), carried) -> conv(4)",
    ),
    (
        "tensors of one's own per option",
        8,
        "let w = choose w in {4, 8} @own
         let v = choose v in {2, 3}
         let k = choose k in {3, 5} @own
         output y = image -> conv(w, kernel: k) -> bn -> conv(v) -> bn(stats: \"own\") -> conv(1)",
    ),
    (
        "no decision is left to look at",
        1,
        "let a = choose a in {0, 1}
         forbid a == 0
         output y = image -> conv(3)",
    ),
];

#[test]
fn every_assignment_stands_for_the_network_of_its_canonical_form() {
    for (what, expected, body) in SPACES {
        let space = space(body);
        let mut distinct = BTreeSet::new();
        for arch in assignments(&space) {
            let canonical = space.canonical(&arch);
            assert_eq!(space.canonical(&canonical), canonical, "{what}: {arch:?}");
            assert_eq!(
                space.is_valid(&arch),
                space.is_valid(&canonical),
                "{what}: {arch:?} and {canonical:?}"
            );
            if space.is_valid(&arch) {
                let [network, twin] = [&arch, &canonical].map(|arch| text(&fix(&space, arch)));
                assert_eq!(network, twin, "{what}: {arch:?}");
                distinct.insert(canonical);
            }
        }
        assert_eq!(distinct.len(), *expected as usize, "{what}: {distinct:?}");
        assert_eq!(count(&space), Some((*expected).into()), "{what}");
        let census = Census::take(&space, None, None).unwrap();
        assert_eq!(census.within(None, None), (*expected).into(), "{what}");
    }
}

/// However deep they lie, and in the order of the lists.
#[test]
fn every_tensor_of_nested_lists_is_an_output() {
    let space = space(
        "let a = image -> conv(4)
         output y = [[a, image], [[a -> conv(2)]]]",
    );
    let outputs: Vec<&str> =
        space.nodes().filter_map(|(_, node)| node.path.strip_prefix("output.")).collect();
    assert_eq!(outputs, ["y.0.0", "y.0.1", "y.1.0.0"]);
}

/// A subset is called like its `let`, once.
#[test]
fn a_kept_subset_adds_its_name_once() {
    let space = space(
        "let edges = keep 1 of edges { a: image -> conv(4), b: image -> conv(4, kernel: 3) }
         output y = edges",
    );
    assert_eq!(&*space.decisions[0].path, "edges");
    assert!(space.nodes().any(|(_, node)| &*node.path == "edges.a"));
}
