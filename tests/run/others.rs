//! Networks other than the found one, and networks without a supernet.

use std::fs;

use serde_json::Value;

use crate::{done, nasc, refused, scratch, short, summary, utf8};

fn json(arguments: &[&str]) -> Value {
    let output = done(nasc(&[arguments, &["--format", "json"]].concat()));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn any_network_is_judged_and_trained_beside_the_found_one() {
    let (_scratch, root) = scratch();
    done(nasc(&short("run", &root, &[])));
    let run = utf8(&root);
    // What the search said of the found network is said again, by the name of its architecture too.
    let found = summary(&root)["found"].clone();
    let arch = found["arch"].as_str().unwrap();
    for more in [&["--supernet"][..], &["--supernet", "--arch", arch]] {
        let judged = json(&[&["eval", run], more].concat());
        assert_eq!((&judged["accuracy"], &judged["images"]), (&found["accuracy"], &30.into()));
    }

    let best = fs::read(root.join("best.safetensors")).unwrap();
    let tested = json(&["eval", run, "--arch", "seed"]);
    assert_eq!(tested["images"], 60);
    assert!(fs::read(root.join("best.safetensors")).unwrap() == best, "the found one stays");
    let mut written: Vec<_> = fs::read_dir(root.join("networks")).unwrap().collect::<Vec<_>>();
    assert_eq!(written.len(), 2);
    written.retain(|entry| entry.as_ref().unwrap().path().extension().unwrap() == "nas");
    let network = written.remove(0).unwrap().path();
    let seed = json(&["cost", "tests/run/tiny.nas", "--arch", "seed"]);
    assert_eq!(json(&["cost", utf8(&network)])["macs"], seed["macs"]);

    // A trained network is not trained again.
    let events = fs::read(root.join("events.jsonl")).unwrap();
    assert_eq!(json(&["eval", run, "--arch", "seed"]), tested);
    assert!(fs::read(root.join("events.jsonl")).unwrap() == events);
    let said = refused(nasc(&["eval", run, "--arch", "a.op=k9"]), 1);
    assert!(said.contains("k9"), "{said}");
}

/// Trained alike means to the same bits: the found network, named, gets the accuracy it had.
#[test]
fn the_found_network_trained_by_name_does_as_it_did() {
    let (_scratch, root) = scratch();
    done(nasc(&short("run", &root, &[])));
    let summary = summary(&root);
    let arch = summary["found"]["arch"].as_str().unwrap();
    let tested = json(&["eval", utf8(&root), "--arch", arch]);
    assert_eq!(tested["accuracy"], summary["test_accuracy"]);
}

/// Independent trials have no supernet: that is said before anything is trained.
#[test]
fn networks_that_share_nothing_have_no_supernet() {
    let (folder, root) = scratch();
    let text = fs::read_to_string("tests/run/tiny.nas").unwrap();
    let file = folder.path().join("apart.nas");
    fs::write(&file, text.replace("size: int = 16) {", "size: int = 16) @own {")).unwrap();
    let mut arguments = short("run", &root, &[]);
    arguments[1] = utf8(&file);
    let said = refused(nasc(&arguments), 1);
    assert!(said.contains("the networks of `tiny` share nothing (`@own`)"), "{said}");
    assert!(!root.join("checkpoints").exists());
}
