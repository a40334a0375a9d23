//! `nasc snapshot`: `.snap` files beside `.nas` files, as insta writes them.

use std::path::{Path, PathBuf};

use nasc_compiler::emit::snapshot as emit;
use nasc_compiler::source::Load;

use crate::cli::SpaceArgs;
use crate::exit::{Failure, Outcome};
use crate::load::Disk;
use crate::seed::{self, Sides};
use crate::{load, print};

/// Compares each file's snapshot with what it is now; writes it if `accept`.
pub fn snapshot(files: &[String], accept: bool) -> Outcome {
    let mut differs = false;
    for file in files {
        let args = SpaceArgs::of(file);
        let (space, _) = load::space(&args)?;
        let plan = seed::plan(&space, &Sides::default())?;
        let now = emit::body(&space, plan.as_ref());
        let path = beside(file);
        let shown = path.display();
        let before = if path.is_file() {
            let text = Disk
                .load(&path.display().to_string())
                .map_err(|reason| Failure::world(format!("cannot read `{shown}`: {reason}")))?;
            match emit::body_of(&text) {
                Some(body) => Some(body.trim_end().to_owned()),
                None => {
                    return Err(Failure::input(format!("`{shown}` is no snapshot")));
                }
            }
        } else {
            None
        };
        if before.as_deref() == Some(now.trim_end()) {
            print::line(&format!("`{shown}` is up to date"));
            continue;
        }
        if accept {
            let source = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
            std::fs::write(&path, emit::file(source, &now))
                .map_err(|error| Failure::world(format!("cannot write `{shown}`: {error}")))?;
            print::line(&format!("wrote `{shown}`"));
            continue;
        }
        differs = true;
        match before {
            None => print::line(&format!("`{shown}` is missing; `--accept` writes it")),
            Some(before) => {
                print::line(&format!("`{shown}` differs; `--accept` writes it"));
                let diff = similar::TextDiff::from_lines(before.as_str(), now.trim_end());
                print::text(
                    &diff.unified_diff().context_radius(2).header("before", "now").to_string(),
                );
            }
        }
    }
    if differs { Err(Failure::shown()) } else { Ok(()) }
}

/// `dir/spos.nas` has its snapshot in `dir/spos.snap`.
fn beside(file: &str) -> PathBuf {
    let (file, name) = file.split_once('#').unwrap_or((file, ""));
    let ending = if name.is_empty() { "snap".to_owned() } else { format!("{name}.snap") };
    Path::new(file).with_extension(ending)
}
