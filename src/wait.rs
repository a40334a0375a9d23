//! What a person sees while an answer takes its time.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::cli::Format;
use crate::print;

/// How long nothing is said, and then how often.
const BEAT: Duration = Duration::from_secs(1);

/// Does the work; if it takes longer than a second, standard error says what goes on: on a terminal with the
/// seconds so far, elsewhere once. Programs are told nothing.
pub fn meanwhile<T>(what: &str, format: Format, work: impl FnOnce() -> T) -> T {
    if format == Format::Json {
        return work();
    }
    let (done, finished) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let begun = Instant::now();
            let mut said = false;
            while finished.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                let mut err = std::io::stderr();
                if err.is_terminal() {
                    let _ = write!(err, "\r{what} … {} s", begun.elapsed().as_secs());
                    let _ = err.flush();
                } else if !said {
                    print::error_line(&format!("{what} …"));
                }
                said = true;
            }
            if said && std::io::stderr().is_terminal() {
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        });
        // The other thread ends when this is gone, also where the work panics.
        let _done = done;
        work()
    })
}
