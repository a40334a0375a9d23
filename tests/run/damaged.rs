//! Checkpoints that are damaged or foreign, and losses that are no numbers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{done, nasc, refused, scratch, short, utf8};

/// The files of the supernet's checkpoints with this ending, oldest first.
fn checkpoints(root: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("checkpoints")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("supernet-") && name.ends_with(ending)
        })
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_older_checkpoint_stands_in_for_a_damaged_one() {
    let (_scratch, root) = scratch();
    done(nasc(&short("train", &root, &[])));
    let saved = checkpoints(&root, ".safetensors");
    assert_eq!(saved.len(), 2);
    let whole = fs::read(&saved[1]).unwrap();
    damage(&saved[1]);
    let output = done(nasc(&["search", utf8(&root)]));
    let said = crate::text(&output.stderr);
    assert!(said.contains(name(&saved[1])) && said.contains("checksum"), "{said}");
    // What was lost is trained again, to the same bits.
    assert!(fs::read(&checkpoints(&root, ".safetensors")[1]).unwrap() == whole);
}

#[test]
fn checkpoints_that_are_all_damaged_are_named_and_left_alone() {
    let (_scratch, root) = scratch();
    done(nasc(&short("train", &root, &[])));
    let saved = checkpoints(&root, ".safetensors");
    damage(&saved[0]);
    let bytes = fs::read(&saved[1]).unwrap();
    fs::write(&saved[1], &bytes[..bytes.len() / 3]).unwrap();
    let before = saved.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    let said = refused(nasc(&["search", utf8(&root)]), 3);
    assert!(said.contains(name(&saved[1])) && said.contains("truncated"), "{said}");
    assert_eq!(saved.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>(), before);
}

#[test]
fn a_checkpoint_of_another_space_is_refused() {
    let ((_one, root), (_other, foreign)) = (scratch(), scratch());
    done(nasc(&short("train", &root, &[])));
    let larger = ["--set", "size=24", "--with", "data.shapes.size=24"];
    done(nasc(&short("train", &foreign, &larger)));
    for path in checkpoints(&root, "") {
        fs::remove_file(path).unwrap();
    }
    for path in checkpoints(&foreign, "") {
        fs::copy(&path, root.join("checkpoints").join(name(&path))).unwrap();
    }
    let said = refused(nasc(&["search", utf8(&root)]), 3);
    assert!(said.contains("belongs to the space `tiny`"), "{said}");
    let kept = |root: &Path| {
        let files = checkpoints(root, "");
        files.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(kept(&root), kept(&foreign));
}

#[test]
fn a_loss_that_is_no_number_names_step_and_path() {
    let (_scratch, root) = scratch();
    let wild = [
        "--with",
        "supernet.lr=1e30",
        "--with",
        "supernet.warm_up=0",
        "--with",
        "supernet.clip_norm=None",
        "--with",
        "checkpoint_every=1",
    ];
    let said = refused(nasc(&short("train", &root, &wild)), 3);
    assert!(said.contains("step") && said.contains("a.op="), "{said}");
    // The failure is on record, and what was saved before still lies there.
    let events = fs::read_to_string(root.join("events.jsonl")).unwrap();
    assert!(events.lines().last().unwrap().contains("\"failed\""), "{events}");
    assert_eq!(checkpoints(&root, ".safetensors").len(), checkpoints(&root, ".ron").len());
}

#[test]
fn nothing_where_a_run_should_be_is_said() {
    for command in ["search", "derive", "retrain", "eval", "report"] {
        let said = refused(nasc(&[command, "runs/absent"]), 3);
        assert!(said.contains("there is no run") && said.contains("runs/absent"), "{said}");
    }
}
