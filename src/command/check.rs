//! `nasc check`.

use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Compiles a space and says what is wrong with it.
pub fn check(args: &SpaceArgs) -> Outcome {
    let compilation = load::compilation(args)?;
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
