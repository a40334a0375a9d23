//! Files of scores: an object of decisions, each an object of options with numbers.

use std::collections::BTreeMap;
use std::path::Path;

use nasc_compiler::Checked;
use nasc_compiler::diagnostic::nearest as nearest_name;

use crate::exit::Failure;

/// The scores of a file, by decision and option.
pub fn read(space: &Checked, file: &Path) -> Result<Vec<Vec<f64>>, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("cannot read `{shown}`: {error}")))?;
    let given: BTreeMap<String, BTreeMap<String, f64>> = serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("`{shown}` is no file of scores: {error}")))?;
    let mut scores = vec![Vec::new(); space.decisions.len()];
    for (path, options) in given {
        let Some(place) = space.decisions.iter().position(|d| *d.path == *path) else {
            let known = space.decisions.iter().map(|decision| &*decision.path);
            return Err(unknown(&format!("the space has no decision `{path}`"), &path, known));
        };
        let decision = &space.decisions[place];
        let known = || decision.options.iter().map(|option| &**option);
        if let Some(odd) = options.keys().find(|name| !known().any(|option| option == **name)) {
            return Err(unknown(&format!("`{path}` has no option `{odd}`"), odd, known()));
        }
        for option in known() {
            let score = options.get(option).copied().filter(|score| score.is_finite());
            let Some(score) = score else {
                let message = format!("`{shown}` has no score for `{option}` of `{path}`");
                return Err(Failure::input(message));
            };
            scores[place].push(score);
        }
    }
    Ok(scores)
}

fn unknown<'a>(message: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    match nearest_name(name, known) {
        Some(near) => Failure::input(format!("{message}; did you mean `{near}`?")),
        None => Failure::input(message.to_owned()),
    }
}
