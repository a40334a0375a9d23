//! `nasc check`.

use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print, table};

/// Compiles a space and says what is wrong with it.
pub fn check(args: &SpaceArgs) -> Outcome {
    let mut compilation = load::compilation(args)?;
    if let Some(space) = compilation.checked.take() {
        // Tables that are given are checked too; those beside the file matter to who counts by them.
        let tables = table::given(args, &[])?;
        compilation.checked = Some(table::attached(space, &tables)?);
    }
    let failed = load::failed(&compilation);
    match args.format {
        Format::Json => {
            print::json(&json!({ "ok": !failed, "diagnostics": compilation.diagnostics }));
        }
        Format::Human => {
            if !compilation.diagnostics.is_empty() {
                print::error_line(&compilation.render());
            }
            if let Some(space) = &compilation.checked {
                print::line(&format!(
                    "`{}` is sound: {} decisions, {} operations",
                    space.name,
                    space.decisions.len(),
                    space.len()
                ));
            }
        }
    }
    if failed { Err(Failure::shown()) } else { Ok(()) }
}
