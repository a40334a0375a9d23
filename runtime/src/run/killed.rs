//! A run that is killed, over and over, ends as the run that never was.
//!
//! The test program starts itself again as a process of its own, which trains a make-believe network
//! in a run folder: events, results, checkpoints, weights, all through this module. It dies by every
//! fault point in turn and by SIGKILL, is started again until it comes to its end, and must leave
//! what an undisturbed run leaves.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::checkpoint::{self, Checkpoint, CheckpointError, Group, Shelf, SpaceTag};
use super::event::Event;
use super::folder::{Existing, Paths, RunFolder};
use super::history::settle;
use super::log::{Log, Reader};
use super::results::{Outcome, Question, Store};
use super::tensors::{Dtype, Facts, RawTensor, Tensors};
use super::{atomic, fault, weights};

const FOLDER: &str = "NASC_TEST_RUN_FOLDER";
const STEPS: u64 = 40;
const STAGE: &str = "supernet";

fn step_event(step: u64, state: u64) -> Event {
    let (loss, stage) = ((state % 1000) as f64 / 7.0, STAGE.to_owned());
    Event::Step { stage, step, epoch: 1, loss, lr: 0.1, images_per_second: None }
}

fn tensors_of(state: u64) -> Tensors {
    let bytes: Vec<u8> = (0..64).flat_map(|index| (state ^ index).to_le_bytes()).collect();
    Tensors::from([("weight".into(), RawTensor { dtype: Dtype::I64, shape: vec![8, 8], bytes })])
}

/// One step of something that depends on everything before.
fn advance(state: u64, step: u64) -> u64 {
    (state ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// What the child process does: begins or resumes the run and goes on to its end.
fn train(root: &Path) {
    let run = if (Paths { root: root.to_owned() }).is_run() {
        RunFolder::open(root).unwrap()
    } else {
        RunFolder::create(root, Existing::Refuse).unwrap()
    };
    let log = Log::open(root).unwrap();
    let mut store = Store::open(&run.paths.results()).unwrap();
    let shelf = Shelf::new(run.paths.checkpoints());
    let space = SpaceTag { name: "demo".into(), hash: "d0".into() };
    let (mut state, begun) = match checkpoint::load(&shelf, STAGE, &space) {
        Ok(loaded) => {
            assert!(loaded.skipped.is_empty(), "a kill damages no checkpoint");
            let read = loaded.checkpoint;
            let state: u64 = read.progress.parse().unwrap();
            assert_eq!(read.groups[&Group::Weights], tensors_of(state));
            log.append(Event::Resumed { stage: STAGE.into(), step: read.step }).unwrap();
            (state, read.step)
        }
        Err(CheckpointError::NotFound { .. }) => (1, 0),
        Err(error) => unreachable!("{error}"),
    };
    for step in begun + 1..=STEPS {
        state = advance(state, step);
        fault::point("train.step");
        log.append(step_event(step, state)).unwrap();
        let arch = step.to_le_bytes();
        let key = Question {
            space_hash: "d0",
            arch: &arch,
            weights_hash: "w",
            data_hash: "d",
            precision: "f32",
            settings: "",
        }
        .key();
        let loss = 1.0 / (state % 97 + 1) as f64;
        let (correct, macs) = (state % 100, step);
        let arch = format!("a{step}");
        store.insert(key, Outcome { arch, correct, images: 100, loss, macs, params: 1 }).unwrap();
        if step % 8 == 0 {
            let groups = BTreeMap::from([(Group::Weights, tensors_of(state))]);
            let (stage, space, progress) = (STAGE.to_owned(), space.clone(), state.to_string());
            let checkpoint =
                Checkpoint { stage, step, epoch: 1, space, arch: None, groups, progress };
            checkpoint::save(&shelf, &checkpoint).unwrap();
        }
    }
    weights::save_weights(&run.paths.best_weights(), &tensors_of(state), &Facts::new()).unwrap();
    atomic::write(&run.paths.summary(), state.to_string().as_bytes()).unwrap();
}

#[test]
fn child() {
    // Alone it has nothing to do: the other tests start it with a folder.
    if let Some(root) = std::env::var_os(FOLDER) {
        fault::check().unwrap();
        train(Path::new(&root));
    }
}

fn start(root: &Path, plan: &str) -> Child {
    let name = concat!(module_path!(), "::child");
    let name = name.split_once("::").unwrap().1;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name]).env(FOLDER, root).env(fault::VARIABLE, plan);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finish(root: &Path, plan: &str) -> ExitStatus {
    start(root, plan).wait().unwrap()
}

/// What a run leaves that must not depend on how often it was killed.
#[derive(Debug, PartialEq)]
struct Trace {
    weights: Tensors,
    summary: Vec<u8>,
    results: Vec<u8>,
    steps: Vec<Event>,
    checkpoints: BTreeMap<String, Vec<u8>>,
}

fn trace(root: &Path) -> Trace {
    let paths = Paths { root: root.to_owned() };
    let records: Vec<_> = Reader::open(root).unwrap().map(Result::unwrap).collect();
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.seq, index as u64, "the log has no gap");
    }
    let events = settle(records).into_iter().map(|record| record.event);
    let files = fs::read_dir(paths.checkpoints()).unwrap().map(|entry| entry.unwrap());
    let checkpoints = files
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    Trace {
        weights: weights::load_weights(&paths.best_weights()).unwrap().0,
        summary: fs::read(paths.summary()).unwrap(),
        results: fs::read(paths.results()).unwrap(),
        steps: events.filter(|event| matches!(event, Event::Step { .. })).collect(),
        checkpoints,
    }
}

fn undisturbed() -> Trace {
    let folder = tempfile::tempdir().unwrap();
    assert!(finish(folder.path(), "").success());
    let trace = trace(folder.path());
    assert_eq!(trace.steps.len() as u64, STEPS);
    assert_eq!(trace.checkpoints.len(), 4);
    trace
}

#[test]
fn by_every_fault_point_in_turn() {
    let expected = undisturbed();
    // With the passing at which each dies: in the middle of the run, of a checkpoint, at its end.
    let plans = [
        "log.line_half_written:1",
        "log.line_half_written:17",
        "log.line_written:23",
        "results.line_half_written:1",
        "results.line_half_written:18",
        "results.line_written:9",
        "atomic.half_written:1",
        "atomic.half_written:3",
        "atomic.before_rename:1",
        "atomic.before_rename:2",
        "atomic.before_rename:3",
        "atomic.before_rename:11",
        "atomic.renamed:1",
        "atomic.renamed:4",
        "checkpoint.tensors_written:1",
        "checkpoint.tensors_written:4",
        "checkpoint.manifest_written:1",
        "checkpoint.half_pruned:3",
        "train.step:8",
        "train.step:40",
    ];
    for plan in plans {
        let folder = tempfile::tempdir().unwrap();
        assert!(!finish(folder.path(), plan).success(), "{plan} did not fire");
        assert!(finish(folder.path(), "").success(), "{plan}: the run cannot be resumed");
        assert_eq!(trace(folder.path()), expected, "{plan}");
    }
}

#[test]
fn again_and_again() {
    let expected = undisturbed();
    let folder = tempfile::tempdir().unwrap();
    // Each life gets past one more checkpoint, dying at another place each time.
    let plans = ["atomic.half_written:2", "log.line_half_written:12", "checkpoint.half_pruned:2"];
    for plan in plans {
        assert!(!finish(folder.path(), plan).success(), "{plan}");
    }
    assert!(finish(folder.path(), "").success());
    assert_eq!(trace(folder.path()), expected);
}

#[test]
fn by_sigkill_at_whatever_moment() {
    let expected = undisturbed();
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0;
    for more in [0, 3, 9, 14, 20, 27] {
        let mut child = start(folder.path(), "");
        // The moment is when the log has grown so far: wherever the child is by then.
        loop {
            let seen = Reader::open(folder.path()).map_or(0, Iterator::count);
            if seen > more || child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::yield_now();
        }
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
    }
    assert!(kills > 0, "no kill came in time");
    assert!(finish(folder.path(), "").success());
    assert_eq!(trace(folder.path()), expected);
}
