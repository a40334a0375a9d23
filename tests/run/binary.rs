//! Networks whose weights become binary in a second phase.

use crate::{done, nasc, refused, scratch, text, utf8};

const SETTINGS: [&str; 4] =
    ["data.shapes.train=160", "data.shapes.test=40", "supernet.epochs=1", "supernet.batch=32"];

#[test]
fn the_recipe_of_the_examples_trains_both_phases() {
    let (_folder, root) = scratch();
    let mut words = vec!["train", "spaces/bnn_reactnet18.nas", "--set", "size=32"];
    words.extend(["--set", "classes=10", "--recipe", "examples/binary.ron"]);
    words.extend(["--threads", "1", "--out", utf8(&root)]);
    for setting in SETTINGS {
        words.extend(["--with", setting]);
    }
    done(nasc(&words));
    // There is nothing to search: the network is what is found.
    let found = done(nasc(&["search", utf8(&root)]));
    let (said, noted) = (text(&found.stdout), text(&found.stderr));
    assert!(said.contains("best: bnn_reactnet18\n") && said.contains("of 1 networks"), "{said}");
    assert!(!noted.contains("warning") && !noted.contains("baseline"), "{noted}");
    done(nasc(&["derive", utf8(&root)]));
    assert!(root.join("best.safetensors").exists());
    let said = std::fs::read_to_string(root.join("events.jsonl")).unwrap();
    for stage in ["supernet_1", "supernet"] {
        let finished = format!(r#""event":"stage_finished","stage":"{stage}""#);
        assert!(said.contains(&finished), "{stage}: {said}");
    }
}

/// What a part sets is looked at before anything is written.
#[test]
fn a_part_that_sets_what_is_not_there_is_refused() {
    let (_folder, root) = scratch();
    let with = |phases| {
        let mut words = vec!["train", "spaces/bnn_reactnet18.nas", "--set", "size=32"];
        words.extend(["--set", "classes=10", "--out", utf8(&root), "--overwrite"]);
        words.extend(SETTINGS.iter().flat_map(|setting| ["--with", setting]));
        words.extend(["--with", phases]);
        refused(nasc(&words), 1)
    };
    let said = with(r#"phases=[(set: {"weight": "real"})]"#);
    assert!(
        said.contains("as a part of its training sets it") && said.contains("weight"),
        "{said}"
    );
    assert!(!root.exists());
    let said = with(r#"phases=[(set: {"norm": "bn"})]"#);
    assert!(said.contains("with `norm=bn` has a tensor `stem.bn.weight` more"), "{said}");
}
