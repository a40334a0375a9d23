//! A network as a `derive` item: what a search writes down.

use std::fmt::Write as _;

use super::{Arch, space_hash, text};
use crate::ir::Graph;

/// The `.nas` text of a derived network.
///
/// `file` is the space's file as the derived one names it. The space's settings are written out, so
/// that the item stands for the same network whatever the defaults become.
pub fn derive_text(space: &Graph, arch: &Arch, name: &str, file: &str) -> String {
    let settings: Vec<String> =
        space.settings.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let arguments =
        if settings.is_empty() { String::new() } else { format!("({})", settings.join(", ")) };
    let mut made = format!(
        "derive {name} from {file:?}#{}{arguments} @hash(\"{}\") {{\n",
        space.name,
        space_hash(space)
    );
    for (_, path, option) in text::entries(space, arch) {
        let _ = writeln!(made, "    {path} = {option}");
    }
    made.push_str("}\n");
    made
}
