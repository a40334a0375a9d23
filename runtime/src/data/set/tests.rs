//! The cache changes no pixel, and the hash changes with everything else.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::*;
use crate::data::folder::scan;
use crate::data::shapes::{self, Options};

const OPTIONS: Options = Options { size: 24, train: 30, test: 10, seed: 3 };

fn folder() -> (tempfile::TempDir, ImageFolder) {
    let root = tempfile::tempdir().unwrap();
    shapes::write(root.path(), &OPTIONS).unwrap();
    let folder = scan(root.path()).unwrap();
    (root, folder)
}

fn images(data: &Dataset) -> Vec<Image> {
    (0..data.len() as u32).map(|index| data.image(index).unwrap().into_owned()).collect()
}

#[test]
fn files_and_memory_hold_the_same_images() {
    let (_root, folder) = folder();
    let cached = Dataset::open(&folder, Part::Train, &Cache::default()).unwrap();
    let none = Cache { bytes: 0, ..Cache::default() };
    let read = Dataset::open(&folder, Part::Train, &none).unwrap();
    assert!(cached.is_in_memory() && !read.is_in_memory());
    assert_eq!(images(&cached), images(&read));
    assert_eq!(cached.labels(), read.labels());
    assert_ne!(cached.hash(), read.hash());
    let made = shapes::in_memory(&OPTIONS, Part::Train).unwrap();
    assert_eq!(images(&cached), images(&made));
    assert_eq!(cached.hash(), made.hash());
    assert_eq!(cached.classes(), made.classes());
    assert_eq!(made.name(4), Path::new("train/circle/00001.png"));
    assert_eq!((made.len(), made.labels()[4]), (30, 1));
}

#[test]
fn the_bound_counts_decoded_bytes() {
    let (_root, folder) = folder();
    let open = |bytes, shorter_side| {
        let cache = Cache { bytes, shorter_side };
        Dataset::open(&folder, Part::Train, &cache).unwrap().is_in_memory()
    };
    let exact = 30 * 24 * 24 * 3;
    assert!(open(exact + 90, None));
    assert!(!open(exact - 1, None));
    assert!(open(exact / 4 + 90, Some(12)));
}

#[test]
fn the_bound_on_the_shorter_side_holds_with_and_without_cache() {
    let (_root, folder) = folder();
    let open = |bytes, shorter_side| {
        Dataset::open(&folder, Part::Test, &Cache { bytes, shorter_side }).unwrap()
    };
    let (cached, read) = (open(1 << 20, Some(12)), open(0, Some(12)));
    assert_eq!(images(&cached), images(&read));
    assert_eq!(cached.image(0).unwrap().width(), 12);
    assert_ne!(read.hash(), open(0, None).hash());
    assert!(
        Dataset::open(&folder, Part::Test, &Cache { bytes: 0, shorter_side: Some(0) }).is_err()
    );
}

#[test]
fn the_hash_covers_pixels_labels_names_and_classes() {
    let make = |class: &str, label, name: &str, byte| {
        let images = vec![Image::new(1, 1, vec![byte; 3])];
        let classes = vec![class.to_owned(), "z".to_owned()];
        Dataset::in_memory(classes, vec![label], vec![name.into()], images).hash().to_owned()
    };
    let first = make("a", 0, "n", 1);
    assert_eq!(first, make("a", 0, "n", 1));
    assert_eq!(first.len(), 64);
    for other in
        [make("b", 0, "n", 1), make("a", 1, "n", 1), make("a", 0, "m", 1), make("a", 0, "n", 2)]
    {
        assert_ne!(first, other);
    }
}

#[test]
fn a_damaged_file_is_named() {
    let (root, folder) = folder();
    let path = root.path().join("train/heart/00001.png");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let expected = format!("cannot decode `{}`", path.display());
    let error = Dataset::open(&folder, Part::Train, &Cache::default()).unwrap_err().to_string();
    assert!(error.starts_with(&expected), "{error}");
    let read =
        Dataset::open(&folder, Part::Train, &Cache { bytes: 0, ..Cache::default() }).unwrap();
    let index = (0..30).find(|&index| read.name(index).ends_with("heart/00001.png")).unwrap();
    assert!(read.image(index).unwrap_err().to_string().starts_with(&expected));
}
