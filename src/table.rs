//! Tables of latencies: which a command is given, and which lie beside a space.

use std::path::Path;

use nasc_compiler::cost::latency::{Interpolation, attach, read};
use nasc_compiler::ir::{Limit, Metric};
use nasc_compiler::pass::Checked;
use nasc_compiler::source::Load;

use crate::cli::SpaceArgs;
use crate::exit::{Failure, Outcome};
use crate::load::Disk;
use crate::print;

/// A table by the name that limits call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "runtime", derive(serde::Serialize, serde::Deserialize))]
pub struct Given {
    /// The name.
    pub name: String,
    /// Where it was found, for messages.
    pub file: String,
    /// What is in it.
    pub text: String,
    /// Whether what lies between its entries is to be interpolated.
    pub interpolate: bool,
}

/// The tables of `--table`, and those beside the space that the limits name.
pub fn given(args: &SpaceArgs, limits: &[Limit]) -> Outcome<Vec<Given>> {
    let mut found: Vec<Given> = Vec::new();
    for (name, file) in named(args)? {
        let text = Disk
            .load(&file)
            .map_err(|reason| Failure::world(format!("cannot read `{file}`: {reason}")))?;
        if found.iter().any(|table| table.name == name) {
            return Err(Failure::input(format!("`--table {name}` is given twice")));
        }
        found.push(Given { name, file, text, interpolate: args.interpolate });
    }
    let space = args.file.split('#').next().unwrap_or_default();
    let folder = Path::new(space).parent().unwrap_or(Path::new(""));
    for limit in limits {
        let Metric::Latency(name) = &limit.metric else { continue };
        if found.iter().any(|table| *table.name == **name) {
            continue;
        }
        let file = folder.join("latency").join(format!("{name}.ron"));
        if file.is_file() {
            let file = file.display().to_string();
            let text = Disk
                .load(&file)
                .map_err(|reason| Failure::world(format!("cannot read `{file}`: {reason}")))?;
            let name = name.to_string();
            found.push(Given { name, file, text, interpolate: args.interpolate });
        }
    }
    Ok(found)
}

/// Whether every latency that a limit names has its table.
pub fn all_there<'a>(limits: &[Limit], names: impl Iterator<Item = &'a str> + Clone) -> Outcome {
    for limit in limits {
        if let Metric::Latency(name) = &limit.metric
            && !names.clone().any(|known| *known == **name)
        {
            return Err(Failure::input(format!(
                "the limit on `{}` needs its table: `latency/{name}.ron` beside the space, or \
                 `--table {name}=FILE`",
                limit.metric
            )));
        }
    }
    Ok(())
}

/// The names and files of `--table NAME=FILE`.
pub fn named(args: &SpaceArgs) -> Outcome<Vec<(String, String)>> {
    args.table
        .iter()
        .map(|text| {
            let (name, file) = text
                .split_once('=')
                .filter(|(name, file)| !name.trim().is_empty() && !file.is_empty())
                .ok_or_else(|| Failure::input(format!("`--table {text}` is not NAME=FILE")))?;
            Ok((name.trim().to_owned(), file.to_owned()))
        })
        .collect()
}

/// The space with the tables as measures.
pub fn attached(mut space: Checked, tables: &[Given]) -> Outcome<Checked> {
    for Given { name, file, text, interpolate } in tables {
        let table = read(text)
            .map_err(|reason| Failure::input(format!("`{file}` is no table: {reason}")))?;
        if table.additivity.is_none() {
            print::error_line(&format!(
                "warning: `{file}` does not say how far its sums can be trusted; \
                 `nasc latency check` measures that"
            ));
        }
        let between = interpolate.then(|| Interpolation::of(&table));
        space = attach(space, name, &table, between.as_ref())
            .map_err(|error| Failure::input(format!("`{file}`: {error}")))?;
    }
    Ok(space)
}
