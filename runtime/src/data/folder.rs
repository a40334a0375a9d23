//! The layout `ROOT/train/<class>/*` and `ROOT/test/<class>/*` (or `ROOT/val`).
//!
//! Classes are the sorted names of the folders, labels their positions; files are sorted by name, so
//! that an index means the same image on every machine. Images end in `jpg`, `jpeg` or `png` in any
//! case. Hidden entries, other files and folders inside a class are skipped and counted. Only names
//! and sizes are looked at: no image is opened.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::DataError;

/// The file that marks a folder whose writing has not come to its end.
pub const INCOMPLETE: &str = ".incomplete";

/// The files of a data set.
#[derive(Debug, Clone)]
pub struct ImageFolder {
    /// The folder that was scanned.
    pub root: PathBuf,
    /// Names of the classes; a label is a position here.
    pub classes: Vec<String>,
    /// The images to train on.
    pub train: Listing,
    /// The images for the final figures.
    pub test: Listing,
}

/// One of the two parts of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Images to train on; the search's hold-out is a piece of them.
    Train,
    /// Images for the final figures alone.
    Test,
}

/// The images of one part, by class and then by name.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The images.
    pub files: Vec<File>,
    /// Entries passed over because of their name or kind.
    pub skipped: u64,
}

/// One image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the root.
    pub path: PathBuf,
    /// Its class.
    pub label: u32,
    /// Its size in bytes.
    pub bytes: u64,
}

impl ImageFolder {
    /// The listing of a part.
    pub fn part(&self, part: Part) -> &Listing {
        match part {
            Part::Train => &self.train,
            Part::Test => &self.test,
        }
    }
}

/// Lists both parts of the data below `root`.
///
/// # Errors
/// A folder that is missing, incomplete or unreadable, a part without classes, a class without images, or parts
/// whose classes differ.
pub fn scan(root: &Path) -> Result<ImageFolder, DataError> {
    if !root.is_dir() {
        return Err(missing(root, "the folders `train` and `test`"));
    }
    if root.join(INCOMPLETE).exists() {
        return Err(DataError::Incomplete { path: root.to_owned() });
    }
    let train = root.join("train");
    if !train.is_dir() {
        return Err(missing(&train, "the training images"));
    }
    let test = ["test", "val"]
        .map(|name| root.join(name))
        .into_iter()
        .find(|folder| folder.is_dir())
        .ok_or_else(|| missing(&root.join("test"), "the test images (`val` is also accepted)"))?;
    let classes = class_names(&train)?;
    let test_classes = class_names(&test)?;
    if classes != test_classes {
        let differences = differences(&classes, &test_classes);
        return Err(DataError::ClassesDiffer { train, test, differences });
    }
    let train = list(root, &train, &classes)?;
    let test = list(root, &test, &classes)?;
    Ok(ImageFolder { root: root.to_owned(), classes, train, test })
}

fn missing(path: &Path, holds: &'static str) -> DataError {
    DataError::MissingFolder { path: path.to_owned(), holds }
}

fn class_names(part: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for path in entries(part)? {
        if path.is_dir() && !is_hidden(&path) {
            match path.file_name().and_then(|name| name.to_str()) {
                Some(name) => names.push(name.to_owned()),
                None => return Err(DataError::ClassName { path }),
            }
        }
    }
    if names.is_empty() {
        return Err(DataError::NoClasses { path: part.to_owned() });
    }
    names.sort_unstable();
    Ok(names)
}

fn list(root: &Path, part: &Path, classes: &[String]) -> Result<Listing, DataError> {
    let mut listing = Listing::default();
    for (label, class) in classes.iter().enumerate() {
        let folder = part.join(class);
        let (first, skipped) = (listing.files.len(), listing.skipped);
        for path in entries(&folder)? {
            if is_hidden(&path) || !has_image_extension(&path) {
                listing.skipped += 1;
                continue;
            }
            let facts = fs::metadata(&path).map_err(|source| DataError::read(&path, source))?;
            if !facts.is_file() {
                listing.skipped += 1;
                continue;
            }
            let below = path.strip_prefix(root).unwrap_or(&path).to_owned();
            listing.files.push(File { path: below, label: label as u32, bytes: facts.len() });
        }
        if listing.files.len() == first {
            let skipped = listing.skipped - skipped;
            return Err(DataError::EmptyClass { path: folder, skipped });
        }
        listing.files[first..].sort_unstable_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(listing)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let collect = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    collect().map_err(|source| DataError::read(folder, source))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn has_image_extension(path: &Path) -> bool {
    path.extension().is_some_and(|found| {
        ["jpg", "jpeg", "png"].iter().any(|known| found.eq_ignore_ascii_case(known))
    })
}

/// Says which classes only one of the parts has, three of each at most.
fn differences(train: &[String], test: &[String]) -> String {
    let (train, test) = (BTreeSet::from_iter(train), BTreeSet::from_iter(test));
    let only = |name: &str, here: &BTreeSet<&String>, there: &BTreeSet<&String>| {
        let names: Vec<String> = here.difference(there).map(|name| format!("`{name}`")).collect();
        let more =
            if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
        let names = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("only {name} has {names}{more}"))
    };
    let sides = [only("the first", &train, &test), only("the second", &test, &train)];
    sides.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn touch(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"12345").unwrap();
        }
    }

    fn message(root: &Path) -> String {
        scan(root).unwrap_err().to_string().replace(&root.display().to_string(), "ROOT")
    }

    #[test]
    fn files_and_classes_are_sorted_and_the_rest_is_counted() {
        let root = tempfile::tempdir().unwrap();
        touch(
            root.path(),
            &[
                "train/b/2.JPG",
                "train/b/10.jpeg",
                "train/a/x.Png",
                "train/a/notes.txt",
                "train/a/.hidden.png",
                "train/a/deeper/y.png",
                "train/.git/z.png",
                "train/README",
                "val/a/1.png",
                "val/b/1.png",
            ],
        );
        let found = scan(root.path()).unwrap();
        assert_eq!(found.classes, ["a", "b"]);
        let names: Vec<_> = found
            .train
            .files
            .iter()
            .map(|f| (f.path.to_str().unwrap(), f.label, f.bytes))
            .collect();
        let expected =
            [("train/a/x.Png", 0, 5), ("train/b/10.jpeg", 1, 5), ("train/b/2.JPG", 1, 5)];
        assert_eq!(names, expected);
        assert_eq!(found.train.skipped, 3);
        assert_eq!(found.part(Part::Test).files.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        let gone = path.join("gone");
        assert!(scan(&gone).unwrap_err().to_string().contains("gone` is missing"));
        assert_eq!(
            message(path),
            "the folder `ROOT/train` is missing, where the training images should lie"
        );
        fs::create_dir(path.join("train")).unwrap();
        assert!(message(path).starts_with("the folder `ROOT/test` is missing"));
        fs::create_dir(path.join("test")).unwrap();
        assert_eq!(
            message(path),
            "`ROOT/train` holds no class: one folder of images per class is needed"
        );
        touch(path, &["train/a/1.png", "train/b/notes.txt", "test/a/1.png", "test/c/1.png"]);
        assert_eq!(
            message(path),
            "the classes of `ROOT/train` and `ROOT/test` differ: only the first has `b`; only the second has `c`"
        );
        touch(path, &["test/b/1.png", "train/c/1.png"]);
        assert_eq!(
            message(path),
            "the class folder `ROOT/train/b` holds no JPEG or PNG image (1 other entries were skipped)"
        );
        touch(path, &["train/b/1.png"]);
        assert!(scan(path).is_ok());
        touch(path, &[INCOMPLETE]);
        assert!(message(path).starts_with("`ROOT` is incomplete"));
    }
}
