//! Stages of layers, in a text and in a space.

use std::collections::BTreeMap;

use super::literal::plain;
use crate::arch::Arch;
use crate::ir::{Decision, DecisionId, DecisionKind, Graph, Op};

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layer {
    /// An inverted residual.
    Block {
        /// Side of its kernel.
        kernel: u32,
        /// Its hidden width by that of its input.
        expand: f64,
    },
    /// Nothing.
    Skip,
}

/// Layers of one width.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    /// Channels that every layer gives.
    pub width: u32,
    /// The stride of its first layer.
    pub stride: u32,
    /// Its layers; none where it is something else than inverted residuals.
    pub layers: Option<Vec<Layer>>,
}

/// The decisions of a layer.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    op: Option<DecisionId>,
    kernel: Option<DecisionId>,
    expand: Option<DecisionId>,
}

/// The decisions of a stage.
#[derive(Debug, Default)]
pub(super) struct Slots {
    path: String,
    depth: Option<DecisionId>,
    layers: BTreeMap<usize, Slot>,
}

impl Slots {
    /// How many layers it may have.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    pub fn depth(&self) -> Option<DecisionId> {
        self.depth
    }

    /// The decisions of kernel and expansion of each layer.
    pub fn values(&self) -> impl Iterator<Item = [Option<DecisionId>; 2]> {
        self.layers.values().map(|slot| [slot.kernel, slot.expand])
    }
}

/// The stages of a space in their order, and its other decisions.
pub(super) fn slots(space: &Graph) -> (Vec<Slots>, Vec<DecisionId>) {
    let (mut stages, mut others): (Vec<Slots>, Vec<DecisionId>) = (Vec::new(), Vec::new());
    for (id, decision) in space.decision_ids() {
        let (before, name) = decision.path.rsplit_once('.').unwrap_or(("", &decision.path));
        let (stage, index) = match before.rsplit_once('.') {
            Some((stage, index)) if index.parse::<usize>().is_ok() => (stage, index.parse().ok()),
            _ => (before, None),
        };
        let branch = decision.kind == DecisionKind::Branch;
        let known = match index {
            Some(_) => branch || matches!(name, "kernel" | "expand"),
            None => name == "depth" && !stage.is_empty(),
        };
        if !known {
            others.push(id);
            continue;
        }
        let place = stages.iter().position(|known| known.path == stage).unwrap_or_else(|| {
            stages.push(Slots { path: stage.to_owned(), ..Slots::default() });
            stages.len() - 1
        });
        let Some(index) = index else {
            stages[place].depth = Some(id);
            continue;
        };
        let slot = stages[place].layers.entry(index).or_default();
        let field = match name {
            _ if branch => &mut slot.op,
            "kernel" => &mut slot.kernel,
            _ => &mut slot.expand,
        };
        *field = Some(id);
    }
    (stages, others)
}

/// The option of a decision that is that number.
pub(super) fn option_of(decision: &Decision, value: f64) -> Result<String, String> {
    let same = |label: &str| label.parse::<f64>() == Ok(value);
    let found = decision.options.iter().find(|label| same(label));
    found.map(ToString::to_string).ok_or_else(|| {
        let (path, options) = (&decision.path, decision.options.join("`, `"));
        format!("`{path}` is never {}; it has `{options}`", plain(value))
    })
}

/// The number that a decision takes.
pub(super) fn value_of(space: &Graph, arch: &Arch, id: DecisionId) -> Result<f64, String> {
    let decision = space.decision(id);
    let label = decision.options.get(arch.option(id) as usize);
    let value = label.and_then(|label| label.parse().ok());
    value.ok_or_else(|| format!("`{}` is no number", decision.path))
}

/// Width and stride of every stage in a network, by the result of its layers. Where layers dilate more than those
/// of the stages before, that stands in for a stride, which is what the texts say.
fn measures(space: &Graph, arch: &Arch, stages: &[Slots]) -> Result<Vec<(u32, u32)>, String> {
    let mut rate = 1;
    let made = stages.iter().map(|stage| {
        let Measures { width, stride, dilation } = measured(space, arch, stage)?;
        let widened = (dilation / rate).max(1);
        rate = rate.max(dilation);
        Ok((width, stride * widened))
    });
    made.collect()
}

/// What the layers of a stage give.
struct Measures {
    width: u32,
    stride: u32,
    /// The largest of their convolutions.
    dilation: u32,
}

fn measured(space: &Graph, arch: &Arch, stage: &Slots) -> Result<Measures, String> {
    let inside = |path: &str| {
        let rest = path.strip_prefix(&stage.path).and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    let int = |value| space.value(value, arch).as_int().and_then(|value| u32::try_from(value).ok());
    let live = |presence| space.holds(presence, arch);
    let mut widths = None;
    let mut entering = None;
    let mut dilation = 1;
    for (id, node) in space.nodes() {
        if !inside(&node.path) || !live(node.presence) {
            continue;
        }
        // What comes from outside has the stride in front of the stage.
        for operand in space.operands(id) {
            let operand = space.node(operand);
            if entering.is_none() && !inside(&operand.path) && live(operand.presence) {
                entering = int(operand.shape.stride);
            }
        }
        if let Op::Prim { attributes, .. } = &node.op {
            let rates = attributes.iter().filter(|attribute| &*attribute.name == "dilation");
            let rates = rates.flat_map(|rates| &*rates.values).filter_map(|&rate| int(rate));
            dilation = rates.fold(dilation, u32::max);
        }
        let width = node.shape.axes.first().copied().and_then(int);
        if let (Some(width), Some(stride)) = (width, int(node.shape.stride)) {
            widths = Some((width, stride));
        }
    }
    let measured = widths.zip(entering);
    let ((width, stride), before) =
        measured.ok_or_else(|| format!("the stage `{}` has no width", stage.path))?;
    Ok(Measures { width, stride: stride / before.max(1), dilation })
}

/// What a text says of the stages, as decisions and options.
pub(super) fn pairs(space: &Graph, said: &[Stage]) -> Result<Vec<(String, String)>, String> {
    let (stages, _) = slots(space);
    if stages.is_empty() {
        return Err("the space has no stages of layers".to_owned());
    }
    let seed = space.seed_arch();
    let mut pairs = Vec::new();
    let mut next = None;
    for (stage, (width, stride)) in stages.iter().zip(measures(space, &seed, &stages)?) {
        let fits = |entry: &Stage| {
            entry.layers.is_some() && entry.width == width && entry.stride == stride
        };
        // In front of the first stage the text may say what is not decided.
        let found = match next {
            None => said.iter().position(fits),
            Some(next) => said.get(next).filter(|entry| fits(entry)).map(|_| next),
        };
        let path = &stage.path;
        let found = found.ok_or_else(|| {
            format!("the text has no stage of {width} channels and stride {stride} for `{path}`")
        })?;
        next = Some(found + 1);
        let layers = said[found].layers.as_deref().unwrap_or_default();
        let slots = stage.len();
        if layers.len() > slots {
            let found = layers.len();
            return Err(format!("`{path}` has {slots} layers, and the text {found}"));
        }
        if let Some(depth) = stage.depth {
            let decision = space.decision(depth);
            let option = option_of(decision, layers.len() as f64)?;
            pairs.push((decision.path.to_string(), option));
        }
        for (place, slot) in stage.layers.values().enumerate() {
            let layer = layers.get(place).copied();
            if layer.is_none() && stage.depth.is_some() {
                continue;
            }
            fill(space, slot, layer.unwrap_or(Layer::Skip), &mut pairs)?;
        }
    }
    Ok(pairs)
}

fn fill(
    space: &Graph,
    slot: &Slot,
    layer: Layer,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), String> {
    if let Some(op) = slot.op {
        let option = match layer {
            Layer::Block { kernel, expand } => format!("k{kernel}_e{}", plain(expand)),
            Layer::Skip => "skip".to_owned(),
        };
        pairs.push((space.decision(op).path.to_string(), option));
    }
    let Layer::Block { kernel, expand } = layer else {
        return match slot.op {
            Some(_) => Ok(()),
            None => Err("the text leaves a layer out that the space always has".to_owned()),
        };
    };
    for (id, value) in [(slot.kernel, f64::from(kernel)), (slot.expand, expand)] {
        if let Some(id) = id {
            let decision = space.decision(id);
            pairs.push((decision.path.to_string(), option_of(decision, value)?));
        }
    }
    Ok(())
}

/// The stages of a network.
pub(super) fn stages(space: &Graph, arch: &Arch) -> Result<Vec<Stage>, String> {
    let (stages, _) = slots(space);
    if stages.is_empty() {
        return Err("the space has no stages of layers".to_owned());
    }
    let seed = space.seed_arch();
    let made =
        stages.iter().zip(measures(space, &seed, &stages)?).map(|(stage, (width, stride))| {
            let depth = stage.depth.map(|id| value_of(space, arch, id)).transpose()?;
            let count = depth.map_or(stage.len(), |depth| depth as usize);
            let slots = stage.layers.values().take(count);
            let layers: Result<Vec<Layer>, String> =
                slots.map(|slot| layer(space, arch, slot)).collect();
            Ok(Stage { width, stride, layers: Some(layers?) })
        });
    made.collect()
}

fn layer(space: &Graph, arch: &Arch, slot: &Slot) -> Result<Layer, String> {
    if let Some(op) = slot.op {
        let decision = space.decision(op);
        let label = decision.options.get(arch.option(op) as usize).map_or("", |label| &**label);
        return named(label)
            .ok_or_else(|| format!("`{label}` of `{}` has no such name", decision.path));
    }
    let (Some(kernel), Some(expand)) = (slot.kernel, slot.expand) else {
        return Err("a layer does not decide its kernel and its expansion".to_owned());
    };
    let kernel = value_of(space, arch, kernel)? as u32;
    Ok(Layer::Block { kernel, expand: value_of(space, arch, expand)? })
}

/// The layer that is called `k3_e6` or `skip`.
pub(super) fn named(label: &str) -> Option<Layer> {
    if label == "skip" {
        return Some(Layer::Skip);
    }
    let (kernel, expand) = label.strip_prefix('k')?.split_once("_e")?;
    Some(Layer::Block { kernel: kernel.parse().ok()?, expand: expand.parse().ok()? })
}
