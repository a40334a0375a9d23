//! `nasc graph` and `nasc compile`.

use std::path::Path;

use nasc_compiler::artifact;
use nasc_compiler::emit::{dot, mermaid};
use nasc_compiler::ir::text;

use crate::cli::{Drawing, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Prints the graph of a space.
pub fn graph(args: &SpaceArgs, to: Drawing, depth: Option<usize>) -> Outcome {
    let (space, _) = load::space(args)?;
    match to {
        Drawing::Text => print::text(&text::text(&space)),
        Drawing::Dot => print::text(&dot(&space, depth)),
        Drawing::Mermaid => print::text(&mermaid(&space, depth)),
        Drawing::Ron => print::line(&artifact::write(&space).map_err(Failure::input)?),
    }
    Ok(())
}

/// Writes the compiled artifact of a space.
pub fn compile(args: &SpaceArgs, out: &Path) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    let shown = out.display();
    let text = artifact::write(&space).map_err(Failure::input)?;
    std::fs::write(out, text)
        .map_err(|error| Failure::world(format!("cannot write `{shown}`: {error}")))?;
    print::line(&format!("wrote `{shown}`"));
    Ok(())
}
