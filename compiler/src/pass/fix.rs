//! From a space and an architecture to the network: every decision taken, every slice cut.

use rustc_hash::FxHashMap;

use super::Checked;
use crate::arch::Arch;
use crate::ir::{
    Attribute, AxisSlice, Graph, Layout, Node, NodeId, Op, Origin, Param, ParamId, Role, Segment,
    Segments, Shape,
};
use crate::vary::{Diagrams, Leaf, TRUE, Vary};

/// The network that `arch` stands for, as a graph without decisions. Nodes and parameters keep their
/// paths; a parameter's full shape is its slice. Selects are gone, and so are the matrices between kernel
/// sizes.
pub fn fix(space: &Checked, arch: &Arch) -> Checked {
    let mut network = Graph::named(&space.name);
    network.settings.clone_from(&space.settings);
    network.limits.clone_from(&space.limits);
    network.remap.clone_from(&space.remap);
    let mut places: FxHashMap<NodeId, NodeId> = FxHashMap::default();
    let mut params: FxHashMap<ParamId, ParamId> = FxHashMap::default();
    let mut fixed = |diagrams: &mut Diagrams, value: Vary| {
        let leaf = space.value(value, arch).clone();
        match leaf {
            Leaf::Fault(id) => diagrams.fault(space.diagrams.fault_message(id)),
            leaf => diagrams.leaf(leaf),
        }
    };
    for (id, node) in space.nodes() {
        if !space.holds(node.presence, arch) {
            continue;
        }
        let operands: Vec<NodeId> = space.operands(id);
        if let Op::Select { on } = &node.op {
            let chosen = space.value(*on, arch).as_int().unwrap_or(0) as usize;
            if let Some(place) = operands.get(chosen).and_then(|operand| places.get(operand)) {
                places.insert(id, *place);
            }
            continue;
        }
        let op = match &node.op {
            Op::Prim { kind, attributes } => Op::Prim {
                kind: *kind,
                attributes: attributes
                    .iter()
                    .map(|attribute| Attribute {
                        name: attribute.name.clone(),
                        values: attribute
                            .values
                            .iter()
                            .map(|&value| fixed(&mut network.diagrams, value))
                            .collect(),
                    })
                    .collect(),
            },
            other => other.clone(),
        };
        let shape = Shape {
            axes: node.shape.axes.iter().map(|&axis| fixed(&mut network.diagrams, axis)).collect(),
            layout: Layout {
                segments: fixed_segments(&node.shape.layout.segments, &mut network, &mut fixed),
                mixed: None,
            },
            stride: fixed(&mut network.diagrams, node.shape.stride),
        };
        let made_params: Vec<ParamId> = node
            .params
            .iter()
            .filter(|param| space.holds(space.param(**param).when, arch))
            // A network has the kernels that these make.
            .filter(|param| space.param(**param).role != Role::Transform)
            .map(|&param| match params.get(&param) {
                Some(&made) => made,
                None => {
                    let made = fixed_param(space, arch, param);
                    let made = network.add_param(made);
                    params.insert(param, made);
                    made
                }
            })
            .collect();
        let operands: Vec<NodeId> =
            operands.iter().filter_map(|operand| places.get(operand).copied()).collect();
        let made = network.add_node(
            Node {
                path: node.path.clone(),
                op,
                guard: TRUE,
                presence: TRUE,
                shape,
                params: made_params,
                origin: node.origin,
            },
            &operands,
        );
        places.insert(id, made);
    }
    Checked::seal(network)
}

fn fixed_segments(
    segments: &[Segment],
    network: &mut Graph,
    fixed: &mut impl FnMut(&mut Diagrams, Vary) -> Vary,
) -> Segments {
    segments
        .iter()
        .filter_map(|segment| {
            let active = fixed(&mut network.diagrams, segment.active);
            let max = network.diagrams.constant_int(active).unwrap_or(0);
            (max > 0).then_some(Segment { max: max as u32, active })
        })
        .collect()
}

/// A parameter cut to what one network uses of it.
fn fixed_param(space: &Graph, arch: &Arch, id: ParamId) -> Param {
    let param = space.param(id);
    let full: Vec<u32> = space.active_shape(param, arch);
    Param {
        path: param.plain_path(),
        role: param.role,
        slices: vec![AxisSlice::Whole; full.len()],
        when: TRUE,
        keys: param.keys.clone(),
        full,
        origin: Origin::default(),
    }
}

impl Graph {
    /// The shape of what `arch` uses of a parameter.
    pub fn active_shape(&self, param: &Param, arch: &Arch) -> Vec<u32> {
        let int = |value: Vary| self.value(value, arch).as_int().unwrap_or(0) as u32;
        param
            .full
            .iter()
            .zip(&param.slices)
            .map(|(&full, slice)| match slice {
                AxisSlice::Whole => full,
                AxisSlice::Prefixes(segments) => segments.iter().map(|s| int(s.active)).sum(),
                AxisSlice::Centre(size) => int(*size),
            })
            .collect()
    }
}
