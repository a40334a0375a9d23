//! SIGKILL at random moments.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nasc_compiler::random::Stream;

use crate::{done, nasc, scratch, short, summary, utf8};

/// How often the run is killed before it is left alone.
const KILLS: u64 = 12;

/// Starts or goes on with the run, kills it after a while; whether it was still running.
fn killed(root: &Path, after: Duration) -> bool {
    let begun = root.join("recipe.ron").is_file() && root.join("space.ron").is_file();
    let more: &[&str] = if begun { &["--resume"] } else { &["--overwrite"] };
    let arguments = if begun {
        vec!["run", "tests/run/tiny.nas", "--out", utf8(root), "--resume"]
    } else {
        short("run", root, more)
    };
    let mut command = nasc(&arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // A moment is the matter here, and nothing is asserted of it.
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    // On Unix this is SIGKILL; a process that has ended does not mind.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(running || status.success(), "a resumed run ends well: {status:?}");
    running
}

/// Wherever the kills fall, and on whatever machine, the end must be the same.
#[test]
fn a_run_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let ((_one, whole), (_other, battered)) = (scratch(), scratch());
    done(nasc(&short("run", &whole, &[])));
    let mut random = Stream::new(0, "kills", &[]);
    for _ in 0..KILLS {
        let after = Duration::from_millis(100 + random.below(900));
        if !killed(&battered, after) {
            break;
        }
    }
    let begun = battered.join("recipe.ron").is_file() && battered.join("space.ron").is_file();
    if begun {
        done(nasc(&["run", "tests/run/tiny.nas", "--out", utf8(&battered), "--resume"]));
    } else {
        done(nasc(&short("run", &battered, &["--overwrite"])));
    }
    assert_eq!(summary(&battered), summary(&whole));
    let read = |root: &Path, name: &str| std::fs::read(root.join(name)).unwrap();
    for name in ["best.nas", "best.safetensors"] {
        assert!(read(&battered, name) == read(&whole, name), "`{name}` differs");
    }
}
