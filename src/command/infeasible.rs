//! What is said where no network keeps the limits.

use std::fmt::Write as _;

use nasc_compiler::Checked;
use nasc_compiler::analysis::{conflict, nearest};
use nasc_compiler::arch::text::compact;
use nasc_compiler::ir::text::limit_text;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::exit::{Failure, NO_NETWORK};
use crate::print;

/// The failure of a command that needed a network, with what stands in the way; programs have that
/// on standard output.
pub fn infeasible(space: &Checked, format: Format) -> Failure {
    if format == Format::Json {
        print::json(&json!({ "infeasible": certificate(space) }));
    }
    Failure { code: NO_NETWORK, message: Some(message(space)) }
}

/// The same for programs.
pub fn certificate(space: &Checked) -> Value {
    let text = |place: &usize| limit_text(&space.limits[*place]);
    let together = conflict(space, &space.limits).ok().flatten();
    let together: Option<Vec<String>> = together.map(|places| places.iter().map(text).collect());
    let near: Option<Vec<Value>> = nearest(space, &space.limits).ok().map(|found| {
        let one = |near: &nasc_compiler::analysis::Nearest| {
            json!({
                "limit": text(&near.limit),
                "nearest": near.value,
                "arch": compact(space, &near.arch),
                "keeps_the_others": near.alone,
            })
        };
        found.iter().map(one).collect()
    });
    json!({ "conflict": together, "nearest": near })
}

fn message(space: &Checked) -> String {
    let mut message = "no network meets the limits".to_owned();
    let limits = &space.limits;
    if limits.len() > 1
        && let Ok(Some(places)) = conflict(space, limits)
    {
        let texts: Vec<String> =
            places.iter().map(|&place| format!("`{}`", limit_text(&limits[place]))).collect();
        let _ = match texts.as_slice() {
            [one] => write!(message, "\n  none keeps {one}, whatever the others are"),
            _ => write!(message, "\n  none keeps {} together", texts.join(" and ")),
        };
    }
    for near in nearest(space, limits).unwrap_or_default() {
        let text = limit_text(&limits[near.limit]);
        let value = print::grouped(near.value);
        let others = match (near.alone, limits.len()) {
            (_, 1) => "",
            (true, _) => " among those that keep the others",
            (false, _) => ", and none keeps the others",
        };
        let arch = compact(space, &near.arch);
        let _ = write!(message, "\n  `{text}`: the nearest has {value}{others}: {arch}");
    }
    message
}
