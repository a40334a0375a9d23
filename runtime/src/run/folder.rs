//! The run folder: who may write it, what lies where, and when it may be begun anew.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::{atomic, log, results};

const LOCK: &str = "lock";

/// Where the files of a run lie. Needs no lock: reports read a run that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The folder itself.
    pub root: PathBuf,
}

impl Paths {
    /// What was asked for.
    pub fn recipe(&self) -> PathBuf {
        self.root.join("recipe.ron")
    }

    /// The compiled space that the run was begun with.
    pub fn space(&self) -> PathBuf {
        self.root.join("space.ron")
    }

    /// What happened.
    pub fn events(&self) -> PathBuf {
        self.root.join(log::FILE)
    }

    /// Every evaluation made.
    pub fn results(&self) -> PathBuf {
        self.root.join(results::FILE)
    }

    /// The folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// The weights of the seed network that the run began with.
    pub fn seed_weights(&self) -> PathBuf {
        self.root.join("seed.safetensors")
    }

    /// The found network's architecture.
    pub fn best_space(&self) -> PathBuf {
        self.root.join("best.nas")
    }

    /// The found network's weights.
    pub fn best_weights(&self) -> PathBuf {
        self.root.join("best.safetensors")
    }

    /// The folder of networks that were trained besides the found one.
    pub fn networks(&self) -> PathBuf {
        self.root.join("networks")
    }

    /// The architecture and the weights of one of them.
    pub fn network(&self, name: &str) -> (PathBuf, PathBuf) {
        let at = |ending: &str| self.networks().join(format!("{name}.{ending}"));
        (at("nas"), at("safetensors"))
    }

    /// The figures of a finished run; it is finished when this exists.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.json")
    }

    /// The report for readers.
    pub fn report(&self) -> PathBuf {
        self.root.join("report.html")
    }

    /// Whether the run has come to its end.
    pub fn is_finished(&self) -> bool {
        self.summary().is_file()
    }

    /// Whether there is a run at all, in whatever state.
    pub fn is_run(&self) -> bool {
        self.root.join(LOCK).is_file() || self.recipe().is_file() || self.events().is_file()
    }

    /// Everything a run writes, the mark of its end first: a kill while it is being removed leaves
    /// an unfinished run.
    fn everything(&self) -> [PathBuf; 13] {
        let Self { root: _ } = self;
        [
            self.summary(),
            self.report(),
            self.best_weights(),
            self.best_space(),
            self.seed_weights(),
            self.results(),
            super::journal::torn_path(&self.results()),
            self.events(),
            super::journal::torn_path(&self.events()),
            self.checkpoints(),
            self.networks(),
            self.space(),
            self.recipe(),
        ]
    }
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It holds other things.
    #[error("`{}` is not empty and holds no run; give a new folder", .0.display())]
    NotARun(PathBuf),
    /// There is no run in it.
    #[error("there is no run in `{}`", .0.display())]
    NoRun(PathBuf),
    /// A finished run lies in it.
    #[error("`{}` holds a finished run; give a new folder or allow to overwrite it", .0.display())]
    Finished(PathBuf),
    /// An unfinished run lies in it.
    #[error("`{}` holds an unfinished run; resume it or allow to overwrite it", .0.display())]
    Unfinished(PathBuf),
    /// Another process is writing it.
    #[error("the run in `{}` is being written by {}", path.display(), process(*pid))]
    Busy {
        /// The folder.
        path: PathBuf,
        /// Who, when it could be found out.
        pid: Option<u32>,
    },
    /// The system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> FolderError {
    move |source| FolderError::Io { path: path.to_owned(), action, source }
}

/// What to do with a run that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Leave it and say so.
    #[default]
    Refuse,
    /// Remove what the run wrote, and nothing else.
    Overwrite,
}

/// A run folder that this process alone writes, until the value is dropped.
#[derive(Debug)]
pub struct RunFolder {
    /// Where the files lie.
    pub paths: Paths,
    /// Held for the system's lock on it, which ends with the process, however that ends.
    lock: File,
}

impl RunFolder {
    /// Makes a folder for a new run.
    ///
    /// # Errors
    /// It holds other things, or a run that may not be overwritten or is being written.
    pub fn create(root: &Path, existing: Existing) -> Result<Self, FolderError> {
        let paths = Paths { root: root.to_owned() };
        std::fs::create_dir_all(root).map_err(io(root, "create"))?;
        let mut entries = std::fs::read_dir(root).map_err(io(root, "list"))?;
        if !paths.is_run() && entries.next().is_some() {
            return Err(FolderError::NotARun(root.to_owned()));
        }
        let lock = lock(root)?;
        // Asked under the lock: a run that another process has just begun counts.
        match existing {
            Existing::Refuse if paths.is_finished() => {
                return Err(FolderError::Finished(root.to_owned()));
            }
            Existing::Refuse if paths.recipe().is_file() || paths.events().is_file() => {
                return Err(FolderError::Unfinished(root.to_owned()));
            }
            Existing::Refuse => {}
            Existing::Overwrite => {
                for path in paths.everything() {
                    remove(&path)?;
                }
            }
        }
        Self::hold(paths, lock)
    }

    /// Opens the folder of a run that was begun before, to go on with it.
    ///
    /// # Errors
    /// There is none, or another process is writing it.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let paths = Paths { root: root.to_owned() };
        if !paths.is_run() {
            return Err(FolderError::NoRun(root.to_owned()));
        }
        let lock = lock(root)?;
        Self::hold(paths, lock)
    }

    fn hold(paths: Paths, lock: File) -> Result<Self, FolderError> {
        for folder in [paths.root.clone(), paths.checkpoints()] {
            if folder.is_dir() {
                atomic::sweep(&folder).map_err(io(&folder, "tidy"))?;
            }
        }
        Ok(Self { paths, lock })
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // As with a journal: a process that is just being started has a copy of the handle.
        let _ = self.lock.unlock();
    }
}

fn remove(path: &Path) -> Result<(), FolderError> {
    let removed =
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(io(path, "remove")(source))
        }
        _ => Ok(()),
    }
}

/// Takes the folder's lock. The system gives it back when the process ends, so no stale one is left
/// by a kill; the number in the file is for the message, and for file systems that have no locks.
fn lock(root: &Path) -> Result<File, FolderError> {
    let path = root.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(io(&path, "open"))?;
    let mut holder = String::new();
    // An unreadable number is no number.
    let _ = file.read_to_string(&mut holder);
    let holder: Option<u32> = holder.trim().parse().ok();
    let busy = |pid| Err(FolderError::Busy { path: root.to_owned(), pid });
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return busy(holder),
        Err(TryLockError::Error(_)) => {
            if let Some(pid) = holder.filter(|pid| *pid != std::process::id() && is_alive(*pid)) {
                return busy(Some(pid));
            }
        }
    }
    let note = |mut file: &File| {
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())
    };
    note(&file).map_err(io(&path, "write"))?;
    Ok(file)
}

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::fs;

    fn root() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("runs/first");
        (folder, root)
    }

    fn begun(root: &Path) -> Paths {
        let run = RunFolder::create(root, Existing::Refuse).unwrap();
        fs::write(run.paths.recipe(), "()").unwrap();
        run.paths.clone()
    }

    #[test]
    fn a_new_folder_is_made_and_can_be_opened_again() {
        let (_folder, root) = root();
        assert!(matches!(RunFolder::open(&root), Err(FolderError::NoRun(_))));
        let paths = begun(&root);
        assert_eq!(RunFolder::open(&root).unwrap().paths, paths);
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let (_folder, root) = root();
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("thesis.tex"), "dear").unwrap();
        for existing in [Existing::Refuse, Existing::Overwrite] {
            let error = RunFolder::create(&root, existing).unwrap_err();
            assert!(matches!(error, FolderError::NotARun(_)), "{error}");
            assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_run_is_overwritten_only_when_asked_to() {
        let (_folder, root) = root();
        let paths = begun(&root);
        let error = RunFolder::create(&root, Existing::Refuse).unwrap_err();
        assert!(matches!(error, FolderError::Unfinished(_)), "{error}");
        fs::write(paths.summary(), "{}").unwrap();
        let error = RunFolder::create(&root, Existing::Refuse).unwrap_err();
        assert!(matches!(error, FolderError::Finished(_)), "{error}");

        for path in paths.everything() {
            if path == paths.checkpoints() || path == paths.networks() {
                fs::create_dir_all(path.join("deep")).unwrap();
            } else {
                fs::write(path, "old").unwrap();
            }
        }
        fs::write(root.join("notes.txt"), "mine").unwrap();
        drop(RunFolder::create(&root, Existing::Overwrite).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["lock", "notes.txt"]);
    }

    #[test]
    fn one_process_at_a_time_and_no_stale_lock() {
        let (_folder, root) = root();
        let run = RunFolder::create(&root, Existing::Refuse).unwrap();
        for outcome in [RunFolder::open(&root), RunFolder::create(&root, Existing::Overwrite)] {
            let said = outcome.unwrap_err().to_string();
            assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
        }
        drop(run);
        // The file of a killed process stays behind and stops nobody.
        fs::write(root.join(LOCK), "1").unwrap();
        RunFolder::open(&root).unwrap();
    }

    #[test]
    fn opening_tidies_what_a_kill_left() {
        let (_folder, root) = root();
        let paths = begun(&root);
        fs::create_dir_all(paths.checkpoints()).unwrap();
        let litter =
            [root.join(".a.1-0.nasc-tmp"), paths.checkpoints().join(".b.ron.1-1.nasc-tmp")];
        for path in &litter {
            fs::write(path, "half").unwrap();
        }
        RunFolder::open(&root).unwrap();
        assert!(litter.iter().all(|path| !path.exists()));
        assert!(paths.recipe().exists());
    }
}
