//! `nasc explain`.

use nasc_compiler::diagnostic::{code, nearest};

use crate::exit::{Failure, Outcome};
use crate::print;

/// Prints the page of a code.
pub fn explain(name: &str) -> Outcome {
    let name = name.to_ascii_uppercase();
    if let Some(code) = code::find(&name) {
        print::line(code.page.trim_end());
        return Ok(());
    }
    let near = nearest(&name, code::CODES.iter().map(|code| code.id));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(Failure::input(format!("there is no code `{name}`{hint}")))
}
