//! `nasc fmt`.

use std::path::PathBuf;

use nasc_compiler::source::Load;

use crate::exit::{Failure, Outcome};
use crate::load::Disk;
use crate::print;

/// Formats files in place, or says which ones are not formatted.
pub fn fmt(files: &[PathBuf], check: bool) -> Outcome {
    let mut broken = false;
    for file in files {
        let name = file.display().to_string();
        let text = Disk
            .load(&name)
            .map_err(|reason| Failure::world(format!("cannot read `{name}`: {reason}")))?;
        match nasc_grammar::format(&text) {
            Ok(formatted) if formatted == text => {}
            Ok(_) if check => {
                print::line(&format!("`{name}` is not formatted"));
                broken = true;
            }
            Ok(formatted) => std::fs::write(file, formatted)
                .map_err(|error| Failure::world(format!("cannot write `{name}`: {error}")))?,
            Err(_) => {
                print::error_line(&format!(
                    "error: `{name}` has syntax errors; `nasc check` shows them"
                ));
                broken = true;
            }
        }
    }
    if broken { Err(Failure::shown()) } else { Ok(()) }
}
