//! `nasc show`.

use nasc_compiler::emit::summary;
use nasc_compiler::ir::DecisionKind;
use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::Outcome;
use crate::{load, print};

/// A space in numbers, and its decisions.
pub fn show(args: &SpaceArgs) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    let numbers = summary(&space);
    if args.format == Format::Json {
        let decisions: Vec<_> = space
            .decisions
            .iter()
            .map(|decision| {
                json!({
                    "path": decision.path,
                    "kind": match decision.kind {
                        DecisionKind::Branch => "branch",
                        DecisionKind::Subset => "subset",
                        DecisionKind::Value => "value",
                    },
                    "options": decision.options,
                    "default": decision.default,
                })
            })
            .collect();
        print::json(&json!({ "summary": numbers, "decisions": decisions }));
        return Ok(());
    }
    print::line(numbers.to_string().trim_end());
    if !space.decisions.is_empty() {
        print::line("");
        let rows: Vec<Vec<String>> = space
            .decisions
            .iter()
            .map(|decision| {
                let kind = match decision.kind {
                    DecisionKind::Branch => "branch",
                    DecisionKind::Subset => "subset",
                    DecisionKind::Value => "value",
                };
                vec![decision.path.to_string(), kind.to_owned(), decision.options.join(" ")]
            })
            .collect();
        print::table(&["decision", "kind", "options"], &rows, 3);
    }
    Ok(())
}
