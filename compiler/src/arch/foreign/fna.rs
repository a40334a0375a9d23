//! `net_config` of FNA (Fang et al., ICLR 2020, and its published code).
//!
//! Entries with `|` between them, each a list of the widths before and after a stage, its layers, and its stride. The
//! first is the stage that is not searched.

use super::layers::{Layer, Stage, named};
use super::literal::{count, list, parse, plain, string};

/// What every published string begins with.
const FIRST: (u32, u32) = (32, 16);

pub(super) fn read(text: &str) -> Result<Vec<Stage>, String> {
    let mut before = None;
    text.trim()
        .split('|')
        .map(|entry| {
            let entry = parse(entry.trim())?;
            let [widths, layers, stride] = list(&entry)? else {
                return Err("an entry has widths, layers and a stride".to_owned());
            };
            let [from, width] = list(widths)? else {
                return Err("an entry has the widths before and after".to_owned());
            };
            let (from, width, stride) = (count(from)?, count(width)?, count(stride)?);
            if before.is_some_and(|before| before != from) {
                return Err(format!("an entry begins with {from} channels where others end"));
            }
            before = Some(width);
            let layers: Result<Vec<Layer>, String> = list(layers)?
                .iter()
                .map(|layer| {
                    let name = string(layer)?;
                    named(name).ok_or_else(|| format!("`{name}` is no layer such as `k3_e6`"))
                })
                .collect();
            Ok(Stage { width, stride, layers: Some(layers?) })
        })
        .collect()
}

pub(super) fn write(stages: &[Stage]) -> String {
    let (stem, mut from) = FIRST;
    let mut entries = vec![format!("[[{stem}, {from}], ['k3_e1'], 1]")];
    for Stage { width, stride, layers } in stages {
        let layers: Vec<String> = layers.iter().flatten().map(name).collect();
        entries.push(format!("[[{from}, {width}], [{}], {stride}]", layers.join(", ")));
        from = *width;
    }
    entries.join("|\n")
}

fn name(layer: &Layer) -> String {
    match layer {
        Layer::Block { kernel, expand } => format!("'k{kernel}_e{}'", plain(*expand)),
        Layer::Skip => "'skip'".to_owned(),
    }
}
