//! Text forms and hashes of architectures.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::random::Stream;
use crate::sketch::{assignments, chain, drawn};
use text::{ArchError, compact, list, parse, ron_map};

#[test]
fn every_form_comes_back() {
    let mut stream = Stream::new(0, "forms", &[]);
    for _ in 0..10 {
        let space = drawn(&mut stream);
        for arch in assignments(&space).iter().step_by(5) {
            let canonical = space.canonical(arch);
            for form in [compact(&space, arch), ron_map(&space, arch), list(&space, arch)] {
                let parsed = parse(&space, &form).unwrap();
                assert_eq!(parsed.arch, canonical, "{form}");
                assert!(parsed.absent.is_empty());
            }
        }
    }
}

#[test]
fn forms_are_read_as_people_write_them() {
    let space = chain(3);
    let arch = Arch(vec![0, 3, 1]);
    assert_eq!(compact(&space, &arch), "s.0.op=k3,s.1.op=deep,s.2.op=k5");
    assert_eq!(list(&space, &arch), "[0, 3, 1]");
    for form in [
        " s.2.op = k5, s.0.op=k3 ,s.1.op=deep, ",
        "s.0.op=k3\ns.1.op=deep\ns.2.op=k5\n",
        "{\"s.0.op\": \"k3\", \"s.1.op\": \"deep\", \"s.2.op\": \"k5\"}",
        "[0,3,1]",
    ] {
        assert_eq!(parse(&space, form).unwrap().arch, arch, "{form}");
    }
}

#[test]
fn mistakes_are_named() {
    let space = chain(3);
    let error = |form: &str| parse(&space, form).unwrap_err().to_string();
    assert_eq!(error("s.0.opp=k3"), "the space has no decision `s.0.opp`; did you mean `s.0.op`?");
    assert_eq!(error("backbone=k3"), "the space has no decision `backbone`");
    assert_eq!(error("s.0.op=k33"), "`s.0.op` has no option `k33`; did you mean `k3`?");
    assert_eq!(
        error("s.0.op=shuffle"),
        "`s.0.op` has no option `shuffle`; it has `k3`, `k5`, `k7`, `deep`"
    );
    assert_eq!(error("s.0.op=k3,s.0.op=k3"), "`s.0.op` is set twice");
    assert_eq!(error("s.0.op=k3"), "`s.1.op` and 1 more are not set");
    assert_eq!(error("[0, 1]"), "the list has 2 numbers and the space 3 decisions");
    assert_eq!(error("[0, 1, 4]"), "`s.2.op` has no option `4`; it has `0`, `1`, `2`, `3`");
    assert_eq!(error("k3"), "this is no architecture: `k3` is not `path=option`");
    for text in ["{", "[", "[a]", "{\"s.0.op\" \"k3\"}", "[-1, 0, 0]", "{1: 2}"] {
        assert!(matches!(parse(&space, text), Err(ArchError::Malformed(_))), "{text}");
    }
}

#[test]
fn setting_an_absent_decision_is_noticed() {
    let mut stream = Stream::new(1, "absent", &[]);
    let space = std::iter::repeat_with(|| drawn(&mut stream))
        .find(|space| space.decisions.iter().any(|d| &*d.path == "wider"))
        .unwrap();
    let found = assignments(&space).into_iter().find_map(|arch| {
        let canonical = space.canonical(&arch);
        (canonical != arch).then_some((arch, canonical))
    });
    let (arch, canonical) = found.unwrap();
    let numbers: Vec<String> = arch.0.iter().map(ToString::to_string).collect();
    let parsed = parse(&space, &format!("[{}]", numbers.join(","))).unwrap();
    assert_eq!(parsed.arch, canonical);
    assert!(!parsed.absent.is_empty());
}

#[test]
fn a_derived_network_names_its_space_and_existing_decisions() {
    let mut space = chain(2).into_graph();
    space.settings.push(("classes".to_owned(), "10".to_owned()));
    let text = derive_text(&space, &Arch(vec![1, 3]), "best", "chain.nas");
    let hash = space_hash(&space);
    assert_eq!(
        text,
        format!(
            "derive best from \"chain.nas\"#chain(classes: 10) @hash(\"{hash}\") {{\n    \
             s.0.op = k5\n    s.1.op = deep\n}}\n"
        )
    );
}

#[test]
fn a_hash_is_of_the_networks_alone() {
    let space = chain(3);
    let hash = space_hash(&space);
    assert_eq!(hash.len(), 64);
    let mut other = space.clone().into_graph();
    other.name = "other".to_owned();
    other.diagrams.int(123_456);
    other.decisions[0].default = Some(2);
    assert_eq!(space_hash(&other), hash);
    assert_ne!(space_hash(&chain(2)), hash);
    let node = other.node_ids()[1];
    other.node_mut(node).origin.start += 1;
    assert_eq!(space_hash(&other), hash);
    other.node_mut(node).path = "trunk".into();
    assert_ne!(space_hash(&other), hash);

    // One set of values, taken the other way round.
    let value = |flip: bool| {
        let mut s = crate::sketch::Sketch::named("flip");
        let x = s.input(3, 8);
        let [a, b] = ["a", "b"].map(|p| s.decision(p, crate::ir::DecisionKind::Value, &["0", "1"]));
        let (a, b) = (s.graph.diagrams.is(a, 0), s.graph.diagrams.is(b, 0));
        let (four, eight) = (s.int(4), s.int(8));
        let differ = s.graph.diagrams.differ(a, b);
        let (yes, no) = if flip { (four, eight) } else { (eight, four) };
        let width = s.graph.diagrams.ite(differ, yes, no);
        let three = s.int(3);
        let x = s.conv("conv", x, width, three, 1, Some(1));
        s.output(x);
        s.checked()
    };
    assert_eq!(crate::ir::text::text(&value(true)), crate::ir::text::text(&value(false)));
    assert_ne!(space_hash(&value(true)), space_hash(&value(false)));

    let networks: std::collections::BTreeSet<String> =
        assignments(&space).iter().map(|arch| arch_hash(&space, &hash, arch)).collect();
    assert_eq!(networks.len(), 64);
}

#[test]
fn absent_decisions_do_not_reach_the_hash() {
    let mut stream = Stream::new(3, "hashes", &[]);
    let space = drawn(&mut stream);
    let hash = space_hash(&space);
    for arch in assignments(&space).iter().step_by(3) {
        let canonical = space.canonical(arch);
        assert_eq!(arch_hash(&space, &hash, arch), arch_hash(&space, &hash, &canonical));
    }
}
