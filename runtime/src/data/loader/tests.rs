//! Order, resumption, errors and the end of threads.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::*;
use crate::data::set::Cache;
use crate::data::shapes::{self, Options};
use crate::data::transform::{Crop, Jitter};
use crate::data::{Part, folder};

const OPTIONS: Options = Options { size: 20, train: 110, test: 10, seed: 1 };

fn data() -> Arc<Dataset> {
    Arc::new(shapes::in_memory(&OPTIONS, Part::Train).unwrap())
}

/// Every kind of draw takes part.
fn transform() -> Transform {
    let jitter = Some(Jitter { brightness: 0.3, contrast: 0.3, saturation: 0.3 });
    Transform { crop: Crop::default(), jitter, ..Transform::small(16) }
}

fn everything(data: &Dataset) -> Vec<u32> {
    (0..data.len() as u32).collect()
}

fn train(data: &Arc<Dataset>, epoch: &Epoch) -> Vec<Batch> {
    let loader = Loader::train(data, &everything(data), &transform(), epoch).unwrap();
    loader.map(Result::unwrap).collect()
}

const EPOCH: Epoch =
    Epoch { seed: 5, epoch: 2, batch: 16, drop_last: false, skip_batches: 0, threads: 1 };

#[test]
fn the_number_of_threads_changes_no_byte() {
    let data = data();
    let one = train(&data, &EPOCH);
    assert_eq!(one.len(), 7);
    for threads in [2, 3, 4, 16, 0] {
        assert_eq!(one, train(&data, &Epoch { threads, ..EPOCH }), "{threads} threads");
    }
}

#[test]
fn files_and_memory_give_the_same_batches() {
    let root = tempfile::tempdir().unwrap();
    shapes::write(root.path(), &OPTIONS).unwrap();
    let listing = folder::scan(root.path()).unwrap();
    let cache = Cache { bytes: 0, ..Cache::default() };
    let files = Arc::new(Dataset::open(&listing, Part::Train, &cache).unwrap());
    assert_eq!(train(&files, &Epoch { threads: 3, ..EPOCH }), train(&data(), &EPOCH));
}

#[test]
fn an_epoch_shows_each_image_once_in_an_order_of_its_own() {
    let data = data();
    let order = |epoch: &Epoch| -> Vec<u32> {
        train(&data, epoch).into_iter().flat_map(|batch| batch.indices).collect()
    };
    let first = order(&EPOCH);
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, everything(&data));
    assert_ne!(first, sorted);
    assert_ne!(first, order(&Epoch { epoch: 3, ..EPOCH }));
    assert_ne!(first, order(&Epoch { seed: 6, ..EPOCH }));
    assert_eq!(first[..96], order(&Epoch { drop_last: true, ..EPOCH }));
}

#[test]
fn batches_hold_what_they_say() {
    let data = data();
    let batches = train(&data, &EPOCH);
    for batch in &batches {
        assert_eq!(batch.pixels.len(), batch.len() * 16 * 16 * 3);
        let labels: Vec<i64> =
            batch.indices.iter().map(|&i| i64::from(data.labels()[i as usize])).collect();
        assert_eq!(batch.labels, labels);
        assert!(batch.pixels.iter().all(|value| value.abs() < 3.0) && batch.size == 16);
    }
    assert_eq!(batches.last().unwrap().len(), 110 - 6 * 16);
}

/// An image is augmented by its position in the data, not in the epoch's order.
#[test]
fn an_image_is_augmented_alike_in_any_batch() {
    let data = data();
    let alone = Loader::train(&data, &[42], &transform(), &EPOCH).unwrap().next().unwrap().unwrap();
    let all = train(&data, &Epoch { batch: 110, ..EPOCH }).remove(0);
    let at = all.indices.iter().position(|&index| index == 42).unwrap();
    assert_eq!(alone.pixels, all.pixels[at * 768..(at + 1) * 768]);
    let next = Epoch { epoch: 3, ..EPOCH };
    let later = Loader::train(&data, &[42], &transform(), &next).unwrap().next().unwrap().unwrap();
    assert_ne!(alone.pixels, later.pixels);
}

#[test]
fn an_epoch_goes_on_where_it_was_left() {
    let data = data();
    let whole = train(&data, &EPOCH);
    for skip_batches in [0, 1, 3, 6, 7, 9] {
        for threads in [1, 2, 4] {
            let rest = train(&data, &Epoch { skip_batches, threads, ..EPOCH });
            assert_eq!(rest, whole[skip_batches.min(7)..], "{skip_batches} {threads}");
        }
    }
    let epoch = Epoch { skip_batches: 3, ..EPOCH };
    let mut loader = Loader::train(&data, &everything(&data), &transform(), &epoch).unwrap();
    assert_eq!((loader.position(), loader.batches()), (3, 7));
    loader.next();
    assert_eq!(loader.position(), 4);
}

#[test]
fn evaluation_keeps_the_order_given() {
    let data = data();
    let indices = [7, 3, 3, 90, 0];
    let loader = Loader::eval(&data, &indices, &transform(), 2, 3).unwrap();
    let batches: Vec<Batch> = loader.map(Result::unwrap).collect();
    let found: Vec<u32> = batches.iter().flat_map(|batch| batch.indices.clone()).collect();
    assert_eq!(found, indices);
    assert_eq!(batches[0].pixels[768..], batches[1].pixels[..768]);
    assert!(Loader::eval(&data, &[], &transform(), 2, 3).unwrap().next().is_none());
}

#[test]
fn settings_without_meaning_are_refused() {
    let data = data();
    let error = Loader::eval(&data, &[0], &transform(), 0, 1).unwrap_err();
    assert_eq!(error.to_string(), "the setting `batch` is 0");
    let bad = Transform { size: 0, ..transform() };
    assert!(Loader::train(&data, &[0], &bad, &EPOCH).is_err());
}

#[test]
fn an_unreadable_image_surfaces_in_its_place_and_ends_the_stream() {
    let root = tempfile::tempdir().unwrap();
    shapes::write(root.path(), &OPTIONS).unwrap();
    let listing = folder::scan(root.path()).unwrap();
    let cache = Cache { bytes: 0, ..Cache::default() };
    let data = Arc::new(Dataset::open(&listing, Part::Train, &cache).unwrap());
    let path = root.path().join(data.name(40));
    fs::write(&path, b"\x89PNG\r\n\x1a\nbroken").unwrap();
    for threads in [1, 4] {
        let mut loader =
            Loader::eval(&data, &everything(&data), &transform(), 16, threads).unwrap();
        assert!(loader.next().unwrap().is_ok() && loader.next().unwrap().is_ok());
        let error = loader.next().unwrap().unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot decode `{}`", path.display())), "{error}");
        assert!(loader.next().is_none());
    }
}

/// The threads are joined by the drop, so a thread that never ended would hang the test.
#[test]
fn a_loader_can_be_dropped_at_any_moment() {
    let data = data();
    for taken in [0, 1, 5, 7] {
        for threads in [1, 4] {
            let epoch = Epoch { threads, ..EPOCH };
            let mut loader =
                Loader::train(&data, &everything(&data), &transform(), &epoch).unwrap();
            assert!(loader.by_ref().take(taken).all(|batch| batch.is_ok()));
            drop(loader);
        }
    }
    assert_eq!(Arc::strong_count(&data), 1);
}
