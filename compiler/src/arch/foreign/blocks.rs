//! Definitions by blocks: the strings of timm (Wightman, `efficientnet_builder`) and the lists of `FBNet`
//! (`mobile_cv`).
//!
//! Activations and squeeze-and-excite, which spaces here fix or decide by themselves, are not compared. A stage of
//! anything else than inverted residuals is no stage that is decided.

use super::layers::{Layer, Stage};
use super::literal::{count, entry, list, number, parse, plain, string};

/// One block of a text, repeated.
struct Block {
    layer: Option<Layer>,
    width: u32,
    stride: u32,
    times: u32,
}

/// No stage has more layers.
const MOST: u32 = 1000;

fn stage(blocks: &[Block]) -> Result<Stage, String> {
    let Some(first) = blocks.first() else { return Err("a stage has no blocks".to_owned()) };
    let (width, stride) = (first.width, first.stride);
    let mut layers = Some(Vec::new());
    for (place, block) in blocks.iter().enumerate() {
        if block.width != width || (place > 0 && block.stride != 1) {
            // Several widths or strides are several stages, of which none is one that is decided.
            layers = None;
            break;
        }
        if block.times > MOST {
            return Err(format!("a block is repeated {} times", block.times));
        }
        match (&mut layers, block.layer) {
            (Some(layers), Some(layer)) => {
                layers.extend(std::iter::repeat_n(layer, block.times as usize));
            }
            _ => layers = None,
        }
        if layers.is_none() {
            break;
        }
    }
    Ok(Stage { width, stride, layers })
}

/// Stages are lists of strings such as `ir_r2_k3_s2_e6_c24`.
pub(super) fn read_timm(text: &str) -> Result<Vec<Stage>, String> {
    let stages = parse(text.trim())?;
    let stages = list(&stages)?.iter().map(|blocks| {
        let blocks: Result<Vec<Block>, String> =
            list(blocks)?.iter().map(|block| timm(string(block)?)).collect();
        stage(&blocks?)
    });
    stages.collect()
}

fn timm(block: &str) -> Result<Block, String> {
    let wrong = || format!("`{block}` is no block such as `ir_r2_k3_s2_e6_c24`");
    let mut parts = block.split('_');
    let kind = parts.next().unwrap_or_default();
    let [mut times, mut kernel, mut stride, mut width] = [1, 0, 1, 0];
    let mut expand = 1.0;
    for part in parts {
        let at = part.find(|character: char| character.is_ascii_digit()).unwrap_or(part.len());
        let (name, value) = part.split_at(at);
        let whole = || value.parse::<u32>().map_err(|_| wrong());
        match name {
            "r" => times = whole()?,
            "k" => kernel = whole()?,
            "s" => stride = whole()?,
            "c" => width = whole()?,
            "e" => expand = value.parse::<f64>().map_err(|_| wrong())?,
            "se" | "n" | "nre" | "nr" | "nsw" | "nhs" | "nmi" | "noskip" => {}
            _ => return Err(format!("`{part}` of `{block}` has no meaning here")),
        }
    }
    if width == 0 {
        return Err(wrong());
    }
    let layer = (kind == "ir" || (kind == "ds" && expand == 1.0)) && kernel > 0;
    let layer = layer.then_some(Layer::Block { kernel, expand });
    Ok(Block { layer, width, stride, times })
}

/// Equal layers in a row are one string.
///
/// # Errors
/// A layer that is skipped stands before one that is not: the strings cannot say that.
pub(super) fn write_timm(stages: &[Stage]) -> Result<String, String> {
    let mut lines = Vec::new();
    for Stage { width, stride, layers } in stages {
        let layers = layers.as_deref().unwrap_or_default();
        let kept =
            layers.iter().rposition(|layer| *layer != Layer::Skip).map_or(0, |last| last + 1);
        let mut blocks: Vec<String> = Vec::new();
        for (place, run) in layers[..kept].chunk_by(|a, b| a == b).enumerate() {
            let Layer::Block { kernel, expand } = run[0] else {
                return Err(
                    "block strings cannot say that a layer before others is skipped".to_owned()
                );
            };
            let (times, stride) = (run.len(), if place == 0 { *stride } else { 1 });
            let expand = plain(expand);
            blocks.push(format!("\"ir_r{times}_k{kernel}_s{stride}_e{expand}_c{width}\""));
        }
        lines.push(format!("    [{}]", blocks.join(", ")));
    }
    Ok(format!("[\n{}\n]", lines.join(",\n")))
}

/// Stages are lists of `[block, width, stride, times]`, with or without `{"expansion": 6}` at the end.
pub(super) fn read_fbnet(text: &str) -> Result<Vec<Stage>, String> {
    let whole = parse(text.trim())?;
    let stages = entry(&whole, "blocks").unwrap_or(&whole);
    let stages = list(stages)?.iter().map(|blocks| {
        let blocks: Result<Vec<Block>, String> = list(blocks)?
            .iter()
            .map(|block| {
                let [name, width, stride, times, more @ ..] = list(block)? else {
                    return Err("a block has a name, a width, a stride and a number".to_owned());
                };
                let more = more.first();
                let said = more.and_then(|more| entry(more, "expansion").or(entry(more, "e")));
                let said = said.map(number).transpose()?;
                Ok(Block {
                    layer: fbnet(string(name)?, said),
                    width: count(width)?,
                    stride: count(stride)?,
                    times: count(times)?,
                })
            })
            .collect();
        stage(&blocks?)
    });
    stages.collect()
}

/// `ir_k3_e6`, `ir_k5` or `skip`; anything else, such as a block in groups, is no layer that is decided.
fn fbnet(name: &str, said: Option<f64>) -> Option<Layer> {
    let mut parts = name.split('_');
    match parts.next()? {
        "skip" => return Some(Layer::Skip),
        "ir" => {}
        _ => return None,
    }
    let (mut kernel, mut expand) = (None, said);
    for part in parts {
        match part.split_at_checked(1)? {
            ("k", value) => kernel = Some(value.parse().ok()?),
            ("e", value) => expand = Some(value.parse().ok()?),
            _ if matches!(part, "se" | "hs") => {}
            _ => return None,
        }
    }
    Some(Layer::Block { kernel: kernel?, expand: expand.unwrap_or(1.0) })
}

pub(super) fn write_fbnet(stages: &[Stage]) -> String {
    let lines: Vec<String> = stages
        .iter()
        .map(|Stage { width, stride, layers }| {
            let layers = layers.iter().flatten().enumerate();
            let blocks: Vec<String> = layers
                .map(|(place, layer)| {
                    let stride = if place == 0 { *stride } else { 1 };
                    let name = match layer {
                        Layer::Block { kernel, expand } => {
                            format!("ir_k{kernel}_e{}", plain(*expand))
                        }
                        Layer::Skip => "skip".to_owned(),
                    };
                    format!("[\"{name}\", {width}, {stride}, 1]")
                })
                .collect();
            format!("    [{}]", blocks.join(", "))
        })
        .collect();
    format!("{{\"blocks\": [\n{}\n]}}", lines.join(",\n"))
}
