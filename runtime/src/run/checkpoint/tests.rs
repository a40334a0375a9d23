#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::run::tensors::{Dtype, RawTensor};
use std::fs;

fn space() -> SpaceTag {
    SpaceTag { name: "demo".into(), hash: "d0d0".into() }
}

fn at(step: u64) -> Checkpoint {
    let tensor = |seed: u64| RawTensor {
        dtype: Dtype::F32,
        shape: vec![2, 2],
        bytes: (0..16).map(|index| (index * seed + step) as u8).collect(),
    };
    let weights = Tensors::from([("s1.0.weight".into(), tensor(3)), ("stem".into(), tensor(5))]);
    let momentum = Tensors::from([("stem".into(), tensor(7))]);
    Checkpoint {
        stage: "supernet".into(),
        step,
        epoch: step / 10,
        space: space(),
        arch: None,
        groups: BTreeMap::from([
            (Group::Weights, weights),
            (Group::Optimiser, momentum),
            (Group::Ema, Tensors::new()),
        ]),
        progress: "{\"mean \\\"loss\\\"\": [1.5]}\nzweite Zeile ✓".into(),
    }
}

fn shelf() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(folder.path().join("checkpoints"));
    (folder, shelf)
}

fn files(shelf: &Shelf) -> Vec<String> {
    let mut names = names(shelf).unwrap();
    names.sort();
    names
}

fn steps(shelf: &Shelf) -> Vec<u64> {
    list(shelf, "supernet").unwrap().iter().map(|entry| entry.step).collect()
}

fn only(shelf: &Shelf, ending: &str) -> PathBuf {
    let names = files(shelf);
    let mut fitting = names.iter().filter(|name| name.ends_with(ending));
    let name = fitting.next_back().unwrap();
    shelf.folder.join(name)
}

#[test]
fn what_is_saved_is_loaded() {
    let (_folder, shelf) = shelf();
    let manifest = save(&shelf, &at(10)).unwrap();
    let network = Checkpoint { arch: Some("shuffle3,xception".into()), ..at(20) };
    save(&shelf, &network).unwrap();
    let loaded = load(&shelf, "supernet", &space()).unwrap();
    assert_eq!(loaded.checkpoint, network);
    assert!(loaded.skipped.is_empty());
    assert_eq!(load_one(&manifest).unwrap(), at(10));
}

#[test]
fn equal_states_are_equal_files() {
    let (_one, left) = shelf();
    let (_other, right) = shelf();
    save(&left, &at(10)).unwrap();
    save(&right, &at(10)).unwrap();
    for name in files(&left) {
        let (left, right) = (left.folder.join(&name), right.folder.join(&name));
        assert_eq!(fs::read(left).unwrap(), fs::read(right).unwrap(), "{name}");
    }
}

#[test]
fn the_last_few_stay_and_other_stages_are_left_alone() {
    let (_folder, shelf) = shelf();
    save(&shelf, &Checkpoint { stage: "supernet_b".into(), ..at(1) }).unwrap();
    for step in [9, 10, 100, 1_000_000_000] {
        save(&shelf, &at(step)).unwrap();
    }
    assert_eq!(steps(&shelf), [1_000_000_000, 100]);
    assert_eq!(files(&shelf).len(), 6);
    assert_eq!(list(&shelf, "supernet_b").unwrap().len(), 1);
    assert_eq!(list(&shelf, "retrain").unwrap(), []);
}

#[test]
fn nothing_on_the_shelf_is_said_so() {
    let (_folder, shelf) = shelf();
    let error = load(&shelf, "supernet", &space()).unwrap_err();
    assert!(matches!(error, CheckpointError::NotFound { .. }));
    assert!(error.to_string().contains("stage `supernet`"), "{error}");
}

#[test]
fn every_cut_falls_back_to_the_checkpoint_before() {
    for ending in [".ron", ".safetensors"] {
        let (_folder, shelf) = shelf();
        save(&shelf, &at(10)).unwrap();
        save(&shelf, &at(20)).unwrap();
        let path = only(&shelf, ending);
        let bytes = fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let loaded = load(&shelf, "supernet", &space()).unwrap();
            assert_eq!(loaded.checkpoint, at(10), "{ending} cut at {cut}");
            assert_eq!(loaded.skipped.len(), 1);
            let said = loaded.skipped[0].to_string();
            assert!(said.contains("supernet-00000020"), "{said}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(load(&shelf, "supernet", &space()).unwrap().checkpoint, at(10));
    }
}

#[test]
fn every_changed_byte_is_found() {
    for ending in [".ron", ".safetensors"] {
        let (_folder, shelf) = shelf();
        save(&shelf, &at(10)).unwrap();
        save(&shelf, &at(20)).unwrap();
        let path = only(&shelf, ending);
        let bytes = fs::read(&path).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 0x04;
            fs::write(&path, &changed).unwrap();
            let loaded = load(&shelf, "supernet", &space()).unwrap();
            assert_eq!(loaded.checkpoint.step, 10, "{ending}, byte {index}");
        }
    }
}

#[test]
fn when_all_are_damaged_the_newest_ones_reason_is_given() {
    let (_folder, shelf) = shelf();
    for step in [10, 20] {
        save(&shelf, &at(step)).unwrap();
        fs::write(only(&shelf, ".safetensors"), b"short").unwrap();
    }
    let error = load(&shelf, "supernet", &space()).unwrap_err();
    assert!(matches!(error, CheckpointError::Truncated { .. }), "{error}");
    assert!(error.to_string().contains("supernet-00000020.safetensors"), "{error}");
}

#[test]
fn a_hostile_header_with_a_fitting_checksum_is_refused() {
    let (_folder, shelf) = shelf();
    save(&shelf, &at(10)).unwrap();
    let (tensors, manifest) = (only(&shelf, ".safetensors"), only(&shelf, ".ron"));
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.extend_from_slice(b"{}");
    fs::write(tensors, &bytes).unwrap();
    let mut read = Manifest::read(&manifest).unwrap();
    read.bytes = bytes.len() as u64;
    read.sha256 = tensors::sha256(&bytes);
    fs::write(&manifest, read.to_text()).unwrap();
    let error = load(&shelf, "supernet", &space()).unwrap_err();
    assert!(matches!(error, CheckpointError::Tensors { .. }), "{error}");
}

#[test]
fn a_manifest_reaches_no_other_folder() {
    let (_folder, shelf) = shelf();
    let path = save(&shelf, &at(10)).unwrap();
    for file in ["../secret", "/etc/passwd", "..", ""] {
        let hostile = Manifest { file: file.into(), ..Manifest::read(&path).unwrap() };
        fs::write(&path, hostile.to_text()).unwrap();
        let error = load_one(&path).unwrap_err();
        assert!(matches!(error, CheckpointError::Manifest { .. }), "`{file}`: {error}");
        fs::remove_file(&path).unwrap();
        save(&shelf, &at(10)).unwrap();
    }
}

#[test]
fn another_space_is_refused_by_name_and_hash() {
    let (_folder, shelf) = shelf();
    save(&shelf, &at(10)).unwrap();
    let other = SpaceTag { name: "spos".into(), hash: "beef".into() };
    let error = load(&shelf, "supernet", &other).unwrap_err();
    assert!(matches!(error, CheckpointError::WrongSpace { .. }));
    for part in ["`demo`", "d0d0", "`spos`", "beef", "supernet-00000010.ron"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn another_format_is_refused_and_not_pruned() {
    let (_folder, shelf) = shelf();
    let path = save(&shelf, &at(30)).unwrap();
    let newer = Manifest { format: 7, ..Manifest::read(&path).unwrap() };
    fs::write(&path, newer.to_text()).unwrap();
    let error = load(&shelf, "supernet", &space()).unwrap_err();
    assert!(matches!(error, CheckpointError::Format { found: 7, .. }), "{error}");
    for step in [40, 50, 60] {
        save(&shelf, &at(step)).unwrap();
    }
    assert!(path.exists());
}

#[test]
fn a_step_saved_again_leaves_one_checkpoint_with_the_new_state() {
    let (_folder, shelf) = shelf();
    save(&shelf, &at(10)).unwrap();
    for round in 0..3 {
        let again = Checkpoint { progress: format!("round {round}"), ..at(10) };
        save(&shelf, &again).unwrap();
        assert_eq!(load(&shelf, "supernet", &space()).unwrap().checkpoint, again);
        assert_eq!(files(&shelf).len(), 2, "{:?}", files(&shelf));
    }
}

#[test]
fn a_damaged_newer_one_does_not_push_the_last_good_one_off() {
    let (_folder, shelf) = shelf();
    let shelf = Shelf { keep: 1, ..shelf };
    save(&shelf, &at(20)).unwrap();
    fs::write(only(&shelf, ".safetensors"), b"short").unwrap();
    save(&shelf, &at(10)).unwrap();
    assert_eq!(load(&shelf, "supernet", &space()).unwrap().checkpoint, at(10));
    assert_eq!(steps(&shelf), [10]);
}

#[test]
fn killed_anywhere_a_good_checkpoint_is_there() {
    // The n-th passing of a point: tensors are written through `write_with` in one piece, so the
    // half-written file is the manifest's.
    let places = [
        ("atomic.before_rename", 1, 20),
        ("atomic.renamed", 1, 20),
        ("checkpoint.tensors_written", 1, 20),
        ("atomic.half_written", 1, 20),
        ("atomic.before_rename", 2, 20),
        ("atomic.renamed", 2, 30),
        ("checkpoint.manifest_written", 1, 30),
        ("checkpoint.half_pruned", 1, 30),
    ];
    for (point, nth, left) in places {
        for keep in [1, 2] {
            let (_folder, shelf) = shelf();
            let shelf = Shelf { keep, ..shelf };
            save(&shelf, &at(10)).unwrap();
            save(&shelf, &at(20)).unwrap();
            fault::plan_here(point, nth).unwrap();
            fault::caught(|| save(&shelf, &at(30)).unwrap()).unwrap_err();
            let loaded = load(&shelf, "supernet", &space()).unwrap();
            assert_eq!(loaded.checkpoint, at(left), "{point}:{nth}");
            assert!(loaded.skipped.is_empty());

            // What the kill left behind goes with the next saving.
            save(&shelf, &at(30)).unwrap();
            save(&shelf, &at(40)).unwrap();
            atomic::sweep(&shelf.folder).unwrap();
            assert_eq!(files(&shelf).len(), 2 * keep, "{point}:{nth}: {:?}", files(&shelf));
        }
    }
}

#[test]
fn killed_while_saving_a_step_again_the_first_saving_stays() {
    for point in ["checkpoint.tensors_written", "atomic.half_written"] {
        let (_folder, shelf) = shelf();
        let shelf = Shelf { keep: 1, ..shelf };
        save(&shelf, &at(10)).unwrap();
        let mut other = at(10);
        other.groups.insert(Group::Weights, Tensors::new());
        fault::plan_here(point, 1).unwrap();
        fault::caught(|| save(&shelf, &other).unwrap()).unwrap_err();
        assert_eq!(load(&shelf, "supernet", &space()).unwrap().checkpoint, at(10), "{point}");
    }
}
