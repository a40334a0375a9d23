//! Replacing a file whole: a reader sees the old content or the new, never a part.
//!
//! The bytes go to a hidden file in the same folder, which is synced, renamed over the target, and
//! made durable by syncing the folder. A process killed in between leaves the old file untouched and
//! perhaps a hidden one, which [`sweep`] removes.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault;

const SUFFIX: &str = ".nasc-tmp";

/// Tells the temporary files of one process apart.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A file could not be replaced; the old one, if there was one, is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {step} failed", path.display())]
pub struct WriteError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// What was being done.
    pub step: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// Replaces `path` by `bytes`.
///
/// # Errors
/// The folder is missing, not writable or full.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, |file| {
        if fault::awaits("atomic.half_written") {
            let (head, tail) = bytes.split_at(bytes.len() / 2);
            file.write_all(head)?;
            fault::point("atomic.half_written");
            return file.write_all(tail);
        }
        file.write_all(bytes)
    })
}

/// Makes a folder, and those above it, unless it is there.
///
/// # Errors
/// The system refused.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(path).map_err(|source| {
        let (path, step) = (path.to_owned(), "making the folder");
        WriteError { path, step, source }
    })
}

/// Replaces `path` by what `fill` writes; for contents that need not lie in memory as one piece.
///
/// # Errors
/// As [`write`], or what `fill` gave back.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), WriteError> {
    let failed = |step| move |source| WriteError { path: path.to_owned(), step, source };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "the path names no file");
        return Err(failed("finding its folder")(source));
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };

    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = name.to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}-{count}{SUFFIX}", std::process::id()));

    let written = (|| {
        let mut file = File::create(&temporary).map_err(failed("creating a temporary file"))?;
        fill(&mut file).map_err(failed("writing a temporary file"))?;
        file.sync_all().map_err(failed("syncing a temporary file"))?;
        fault::point("atomic.before_rename");
        std::fs::rename(&temporary, path).map_err(failed("renaming a temporary file"))
    })();
    if let Err(error) = written {
        // Whatever stops this removal is the trouble already being reported.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    fault::point("atomic.renamed");
    sync_folder(folder).map_err(failed("syncing its folder"))
}

/// Makes the names in a folder durable: without it a rename or a new file can be lost with the
/// power.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes what interrupted writes left in `folder`. Only the process that owns the folder may call
/// it.
///
/// # Errors
/// The folder cannot be listed, or a file in it not be removed.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(SUFFIX) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn killed_before_the_rename_the_old_file_stays() {
        for point in ["atomic.half_written", "atomic.before_rename"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.json");
            write(&path, b"old").unwrap();
            fault::plan_here(point, 1).unwrap();
            fault::caught(|| write(&path, b"new").unwrap()).unwrap_err();
            assert_eq!(fs::read(&path).unwrap(), b"old", "{point}");
            assert_eq!(names(folder.path()).len(), 2, "{point}: a temporary file is left");
            sweep(folder.path()).unwrap();
            assert_eq!(names(folder.path()), ["a.json"]);
        }
    }

    #[test]
    fn killed_after_the_rename_the_new_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        fault::plan_here("atomic.renamed", 1).unwrap();
        fault::caught(|| write(&path, b"new").unwrap()).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_failed_fill_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        let error = write_with(&path, |_| Err(io::Error::other("the disk is full"))).unwrap_err();
        assert!(error.to_string().contains("a.json"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("no/where.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("no/where.json"), "{error}");
    }
}
