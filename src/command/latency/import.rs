//! `nasc latency import`.

use std::path::Path;

use nasc_compiler::cost::latency::{Keys, import_netadapt, import_yaml, write};

use crate::cli::TableOf;
use crate::exit::{Failure, Outcome};
use crate::print;

/// Writes a published table as one of ours.
pub fn import(from: TableOf, file: &Path, out: &Path, name: Option<&str>) -> Outcome {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::world(format!("cannot read `{shown}`: {error}")))?;
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let device = name.map_or_else(|| stem.unwrap_or_default(), str::to_owned);
    let table = match from {
        TableOf::Proxyless => import_yaml(&text, Keys::Proxyless, &device),
        TableOf::Ofa => import_yaml(&text, Keys::Ofa, &device),
        TableOf::Netadapt => import_netadapt(&text, &device),
    };
    let table =
        table.map_err(|reason| Failure::input(format!("`{shown}` is no such table: {reason}")))?;
    std::fs::write(out, write(&table))
        .map_err(|error| Failure::world(format!("cannot write `{}`: {error}", out.display())))?;
    print::line(&format!("{} entries: {}", table.entries.len(), out.display()));
    Ok(())
}
