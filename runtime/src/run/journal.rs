//! Files that only grow: one sealed JSON object per line.
//!
//! A line ends with a `sum` field, the start of the SHA-256 of what stands before it, so a torn or
//! altered line is told from a good one. [`Journal::open`] heals the tail that a killed process may
//! have left: a whole line that only lacks its line end gets one, a part of a line moves to
//! `<name>.torn` beside the file. Good lines are never touched. [`Reader`] skips and counts damaged
//! lines, and can be asked again when the file has grown.
//!
//! A journal is locked while it is open, so two processes cannot write one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{atomic, fault};

/// `,"sum":"01234567"}`
const SEAL_BYTES: usize = 8 + 8 + 2;
const AT_MOST_UNSYNCED: Duration = Duration::from_secs(1);

/// A journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it open.
    #[error("`{}` is being written by another process", .0.display())]
    Busy(PathBuf),
    /// The system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What was being done: `open`, `read`, `heal`, `append to`.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// When an appended line must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// Before `append` returns: it survives a loss of power.
    Now,
    /// At latest with the first append a second later. A kill of the process loses nothing either
    /// way, since the line is with the system at once.
    Soon,
}

/// An open, growing file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
    synced: Instant,
    unsynced: bool,
    half_written: &'static str,
    written: &'static str,
}

fn seal(object: &str) -> String {
    let body = object.strip_suffix('}').unwrap_or(object);
    let sum = checksum(body);
    format!("{body},\"sum\":\"{sum}\"}}\n")
}

fn checksum(body: &str) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(body.as_bytes());
    digest.iter().take(4).fold(String::with_capacity(8), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether a line (without its end) is one that [`Journal::append`] wrote, whole and unaltered.
fn is_sealed(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let Some(cut) = line.len().checked_sub(SEAL_BYTES) else { return false };
    let Some((body, tail)) = line.split_at_checked(cut) else { return false };
    let sum = tail.strip_prefix(",\"sum\":\"").and_then(|tail| tail.strip_suffix("\"}"));
    body.starts_with('{') && sum.is_some_and(|sum| sum == checksum(body))
}

impl Journal {
    /// Opens or creates `path` and heals its tail. `area` names the fault points passed while
    /// writing: `<area>.line_half_written` and `<area>.line_written`.
    ///
    /// # Errors
    /// The file cannot be opened, read or healed, or another process has it open.
    pub(super) fn open(path: &Path, area: Area) -> Result<Self, JournalError> {
        let failed =
            |action| move |source| JournalError::Io { path: path.to_owned(), action, source };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options.open(path).map_err(failed("open"))?;
        // Any other error means a network file system without locks; the run folder's own lock, which
        // knows another way, still holds there.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(JournalError::Busy(path.to_owned()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read"))?;
        let length = heal(path, &mut file, &bytes).map_err(failed("heal"))?;
        let (half_written, written) = area.points();
        let synced = Instant::now();
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            synced,
            unsynced: false,
            half_written,
            written,
        })
    }

    /// Appends one JSON object, which must not be empty and stand on one line.
    ///
    /// # Errors
    /// The disk is full or gone. What was written of the line is taken back.
    pub(super) fn append(&mut self, object: &str, durable: Durable) -> Result<(), JournalError> {
        debug_assert!(object.starts_with("{\"") && object.ends_with('}'));
        debug_assert!(!object.contains('\n'));
        let line = seal(object);
        let appended = self.write(line.as_bytes(), durable);
        appended.map_err(|source| {
            // Should this fail too, the next opening heals the tail.
            let _ = self.file.set_len(self.length);
            JournalError::Io { path: self.path.clone(), action: "append to", source }
        })?;
        self.length += line.len() as u64;
        fault::point(self.written);
        Ok(())
    }

    fn write(&mut self, line: &[u8], durable: Durable) -> io::Result<()> {
        if fault::awaits(self.half_written) {
            let (head, tail) = line.split_at(line.len() / 2);
            self.file.write_all(head)?;
            fault::point(self.half_written);
            self.file.write_all(tail)?;
        } else {
            self.file.write_all(line)?;
        }
        self.unsynced = true;
        if durable == Durable::Now || self.synced.elapsed() >= AT_MOST_UNSYNCED {
            self.file.sync_data()?;
            self.unsynced = false;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Puts everything appended on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(|source| JournalError::Io {
            path: self.path.clone(),
            action: "append to",
            source,
        })?;
        self.unsynced = false;
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.unsynced {
            // A drop cannot report; losing power in the same second is what this guards against.
            let _ = self.file.sync_data();
        }
        // Closing is not enough: a process being started at this moment by another thread holds a
        // copy of the handle, and the lock with it, until it runs its own program.
        let _ = self.file.unlock();
    }
}

/// Whose journal it is, for its fault points.
#[derive(Debug, Clone, Copy)]
pub(super) enum Area {
    Log,
    Results,
}

impl Area {
    fn points(self) -> (&'static str, &'static str) {
        match self {
            Self::Log => ("log.line_half_written", "log.line_written"),
            Self::Results => ("results.line_half_written", "results.line_written"),
        }
    }
}

/// Mends the end of a journal and gives its new length in bytes.
fn heal(path: &Path, file: &mut File, bytes: &[u8]) -> io::Result<u64> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let tail = bytes.get(whole..).unwrap_or_default();
    if tail.is_empty() {
        return Ok(whole as u64);
    }
    if is_sealed(tail) {
        file.write_all(b"\n")?;
        file.sync_data()?;
        return Ok(bytes.len() as u64 + 1);
    }
    // The note is durable before the tail goes, so a kill in between only notes it twice.
    let note_path = torn_path(path);
    let mut note = OpenOptions::new().append(true).create(true).open(&note_path)?;
    note.write_all(tail)?;
    note.write_all(b"\n")?;
    note.sync_all()?;
    if let Some(folder) = note_path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        atomic::sync_folder(folder)?;
    }
    file.set_len(whole as u64)?;
    file.sync_data()?;
    Ok(whole as u64)
}

/// Where the torn tails of a journal go.
pub fn torn_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".torn");
    PathBuf::from(name)
}

/// Reads the good lines of a journal, also while it is being written.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    pending: Vec<u8>,
    damaged: u64,
}

impl Reader {
    /// Opens a journal for reading; it needs no lock.
    ///
    /// # Errors
    /// The file is missing or not readable.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|source| JournalError::Io {
            path: path.to_owned(),
            action: "open",
            source,
        })?;
        let file = BufReader::new(file);
        Ok(Self { path: path.to_owned(), file, pending: Vec::new(), damaged: 0 })
    }

    /// The next good line, or `None` at the end as it is now; a part of a line at the end waits for
    /// its rest.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_line(&mut self) -> Result<Option<String>, JournalError> {
        loop {
            let read = self.file.read_until(b'\n', &mut self.pending);
            read.map_err(|source| JournalError::Io {
                path: self.path.clone(),
                action: "read",
                source,
            })?;
            let ended = self.pending.last() == Some(&b'\n');
            if ended {
                self.pending.pop();
            }
            let good = is_sealed(&self.pending);
            if !ended && !good {
                return Ok(None);
            }
            let line = std::mem::take(&mut self.pending);
            if good {
                return Ok(String::from_utf8(line).ok());
            }
            // A line end alone follows a whole line that was read before its end came.
            self.damaged += u64::from(!line.is_empty());
        }
    }

    /// How many lines were skipped because they are not what was written.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Whether a part of a line lies at the end.
    pub fn is_torn(&self) -> bool {
        !self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::fs;

    fn lines(path: &Path) -> Vec<String> {
        let mut reader = Reader::open(path).unwrap();
        std::iter::from_fn(|| reader.next_line().unwrap()).collect()
    }

    fn three(path: &Path) -> Vec<u8> {
        let mut journal = Journal::open(path, Area::Log).unwrap();
        for object in [r#"{"a":1}"#, r#"{"b":"zwei ✓"}"#, r#"{"c":[3]}"#] {
            journal.append(object, Durable::Soon).unwrap();
        }
        fs::read(path).unwrap()
    }

    #[test]
    fn cut_at_every_byte_it_keeps_every_whole_line_and_grows_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let bytes = three(&path);
        let all = lines(&path);
        assert_eq!(all.len(), 3);
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let _ = fs::remove_file(torn_path(&path));
            // A line is whole once its last brace is there.
            let text = String::from_utf8_lossy(&bytes[..cut]).into_owned();
            let whole = all.iter().filter(|line| text.contains(line.as_str())).count();
            assert_eq!(lines(&path), all[..whole], "a reader at byte {cut}");

            let mut journal = Journal::open(&path, Area::Log).unwrap();
            journal.append(r#"{"d":4}"#, Durable::Soon).unwrap();
            drop(journal);
            let after = lines(&path);
            assert_eq!(after[..whole], all[..whole], "healed at byte {cut}");
            assert_eq!(after.len(), whole + 1);
            assert!(after[whole].starts_with(r#"{"d":4"#));

            let rest = &bytes[..cut];
            let last = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let torn = cut > last && !is_sealed(&rest[last..]);
            assert_eq!(torn_path(&path).exists(), torn, "byte {cut}");
            if torn {
                let note = fs::read(torn_path(&path)).unwrap();
                assert_eq!(note[..note.len() - 1], rest[last..], "the torn part is kept");
            }
        }
    }

    #[test]
    fn a_changed_byte_costs_one_line_at_most_two() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let bytes = three(&path);
        let all = lines(&path);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x15;
            fs::write(&path, &changed).unwrap();
            let left = lines(&path);
            // A changed line end joins two lines, every other byte spoils its own.
            assert!(left.len() >= if bytes[at] == b'\n' { 1 } else { 2 }, "byte {at}");
            assert!(left.iter().all(|line| all.contains(line)), "byte {at} made up a line");
        }
    }

    #[test]
    fn a_reader_follows_a_growing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let line = seal(r#"{"a":1}"#);
        fs::write(&path, &line[..5]).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        assert_eq!(reader.next_line().unwrap(), None);
        assert!(reader.is_torn());
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&line.as_bytes()[5..]).unwrap();
        assert_eq!(reader.next_line().unwrap().as_deref(), Some(line.trim_end()));
        file.write_all(b"rubbish\n").unwrap();
        file.write_all(line.as_bytes()).unwrap();
        assert_eq!(reader.next_line().unwrap().as_deref(), Some(line.trim_end()));
        assert_eq!((reader.damaged(), reader.is_torn()), (1, false));
    }

    #[test]
    fn two_writers_are_one_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let first = Journal::open(&path, Area::Log).unwrap();
        assert!(matches!(Journal::open(&path, Area::Log), Err(JournalError::Busy(_))));
        drop(first);
        Journal::open(&path, Area::Log).unwrap();
    }
}
