//! The event log of a run: `events.jsonl`, one event per line, only ever added to.
//!
//! Progress bars, reports and `--format json` are readers of it: inside the process by
//! [`Log::subscribe`], from outside by [`Reader`]. The log decides nothing: a resumed run takes its
//! state from checkpoints and the result store.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::event::{Event, Record};
use super::journal::{self, Area, Durable, Journal, JournalError};

/// The log's file name in its run folder.
pub const FILE: &str = "events.jsonl";

type Subscriber = Box<dyn FnMut(&Record) + Send>;

/// An open event log. It can be shared between threads.
pub struct Log {
    state: Mutex<State>,
}

struct State {
    journal: Journal,
    next: u64,
    subscribers: Vec<Subscriber>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Log").field("journal", &state.journal).field("next", &state.next).finish()
    }
}

impl Log {
    /// Opens the log of a run folder, or begins it; a torn last line moves to `events.jsonl.torn`.
    ///
    /// # Errors
    /// The file cannot be read, written or healed, or another process writes it.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let journal = Journal::open(&path, Area::Log)?;
        let mut reader = journal::Reader::open(&path)?;
        let mut next = 0;
        while let Some(line) = reader.next_line()? {
            if let Ok(Numbered { seq }) = serde_json::from_str(&line) {
                next = next.max(seq + 1);
            }
        }
        Ok(Self { state: Mutex::new(State { journal, next, subscribers: Vec::new() }) })
    }

    /// Writes an event, then tells the subscribers; gives its sequence number.
    ///
    /// # Errors
    /// The disk is full or gone; the log is as it was.
    pub fn append(&self, event: Event) -> Result<u64, JournalError> {
        let mut state = self.lock();
        let durable = if event.is_important() { Durable::Now } else { Durable::Soon };
        let record = Record { seq: state.next, at_ms: now_ms(), event };
        #[expect(clippy::expect_used, reason = "events are structs of numbers and strings")]
        let line = serde_json::to_string(&record).expect("an event is always valid JSON");
        state.journal.append(&line, durable)?;
        state.next += 1;
        for subscriber in &mut state.subscribers {
            subscriber(&record);
        }
        Ok(record.seq)
    }

    /// Has `reader` called with every record from now on, in the thread that appends; it must not
    /// append itself.
    pub fn subscribe(&self, reader: impl FnMut(&Record) + Send + 'static) {
        self.lock().subscribers.push(Box::new(reader));
    }

    /// Puts everything appended on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.lock().journal.sync()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while appending leaves at worst a torn tail, which the next opening heals.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Iterates over the events of a log, also while it is being written: after `None` it can be asked
/// again. Damaged lines and events of a newer version are passed over and counted.
#[derive(Debug)]
pub struct Reader {
    lines: journal::Reader,
    unknown: u64,
}

impl Reader {
    /// Opens the log of a run folder for reading.
    ///
    /// # Errors
    /// There is none, or it is not readable.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        Ok(Self { lines: journal::Reader::open(&folder.join(FILE))?, unknown: 0 })
    }

    /// Lines that are not what was written.
    pub fn damaged(&self) -> u64 {
        self.lines.damaged()
    }

    /// Whole lines whose event this version does not know.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }
}

impl Iterator for Reader {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.lines.next_line() {
                Ok(Some(line)) => match serde_json::from_str(&line) {
                    Ok(record) => return Some(Ok(record)),
                    Err(_) => self.unknown += 1,
                },
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::run::fault;
    use std::fs;
    use std::sync::Arc;

    fn step(step: u64) -> Event {
        Event::Step {
            stage: "supernet".into(),
            step,
            epoch: 1,
            loss: 2.25,
            lr: 0.1,
            images_per_second: None,
        }
    }

    fn read(folder: &Path) -> Vec<Record> {
        Reader::open(folder).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn numbers_run_on_over_a_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path()).unwrap();
        assert_eq!(log.append(step(1)).unwrap(), 0);
        assert_eq!(log.append(step(2)).unwrap(), 1);
        drop(log);
        let log = Log::open(folder.path()).unwrap();
        assert_eq!(log.append(Event::Resumed { stage: "supernet".into(), step: 2 }).unwrap(), 2);
        let records = read(folder.path());
        assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(records[1].event, step(2));
    }

    #[test]
    fn cut_at_every_byte_the_numbers_stay_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path()).unwrap();
        for index in 1..=3 {
            log.append(step(index)).unwrap();
        }
        drop(log);
        let path = folder.path().join(FILE);
        let bytes = fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let log = Log::open(folder.path()).unwrap();
            log.append(step(9)).unwrap();
            drop(log);
            let records = read(folder.path());
            for (index, record) in records.iter().enumerate() {
                assert_eq!(record.seq, index as u64, "cut at {cut}");
            }
            assert_eq!(records.last().unwrap().event, step(9));
        }
    }

    #[test]
    fn killed_in_mid_line_the_lines_before_stay() {
        let folder = tempfile::tempdir().unwrap();
        fault::plan_here("log.line_half_written", 3).unwrap();
        let killed = fault::caught(|| {
            let log = Log::open(folder.path()).unwrap();
            for index in 1..=5 {
                log.append(step(index)).unwrap();
            }
        });
        killed.unwrap_err();
        let log = Log::open(folder.path()).unwrap();
        assert_eq!(log.append(step(3)).unwrap(), 2);
        let events: Vec<Event> = read(folder.path()).into_iter().map(|r| r.event).collect();
        assert_eq!(events, [step(1), step(2), step(3)]);
        assert!(journal::torn_path(&folder.path().join(FILE)).exists());
    }

    #[test]
    fn subscribers_hear_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path()).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        log.subscribe(move |record| ear.lock().unwrap().push(record.clone()));
        log.append(step(1)).unwrap();
        log.append(Event::Warning { message: "late".into() }).unwrap();
        assert_eq!(*heard.lock().unwrap(), read(folder.path()));
    }

    #[test]
    fn an_event_of_a_newer_version_is_passed_over_and_keeps_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&folder.path().join(FILE), Area::Log).unwrap();
        let line = r#"{"seq":4,"at_ms":1,"event":"teleported","far":true}"#;
        journal.append(line, Durable::Soon).unwrap();
        drop(journal);
        assert_eq!(Log::open(folder.path()).unwrap().append(step(1)).unwrap(), 5);
        let mut reader = Reader::open(folder.path()).unwrap();
        assert_eq!(reader.by_ref().count(), 1);
        assert_eq!((reader.unknown(), reader.damaged()), (1, 0));
    }
}
