//! Graphs as plain data: what a compiled artifact holds.
//!
//! [`StoredGraph`] says everything that [`Graph`] does, with places instead of ids and only the
//! diagrams that something refers to. Reading one back checks every handle and the invariants of
//! [`verify`](super::verify), so a file of any origin gives a sound graph or a sentence saying why
//! not, never a panic. The sources are not in it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AxisSlice, Decision, Graph, Layout, Limit, Node, NodeId, Op, Origin, Param, ParamId, Remap,
    Segment, Shape, verify,
};
use crate::vary::{Diagrams, Leaf, StoredDiagrams, Vary};

/// The version of the form; others are refused.
pub const VERSION: u32 = 2;
/// Most axes of a tensor or parameter.
const AXIS_LIMIT: usize = 8;

/// A graph as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredGraph {
    name: String,
    settings: Vec<(String, String)>,
    apart: bool,
    diagrams: StoredDiagrams,
    decisions: Vec<Decision>,
    valid: Vary,
    limits: Vec<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remap: Option<Remap>,
    params: Vec<Param>,
    nodes: Vec<StoredNode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredNode {
    path: Arc<str>,
    op: Op,
    operands: Vec<u32>,
    guard: Vary,
    presence: Vary,
    shape: Shape,
    params: Vec<ParamId>,
    origin: Origin,
}

impl From<&Graph> for StoredGraph {
    fn from(graph: &Graph) -> Self {
        let mut places = vec![0_u32; graph.node_bound()];
        let mut nodes: Vec<StoredNode> = Vec::new();
        for (place, (id, node)) in graph.nodes().enumerate() {
            places[id.index()] = place as u32;
            let mut shape = node.shape.clone();
            shape.layout.mixed = shape.layout.mixed.map(|select| NodeId(places[select.index()]));
            nodes.push(StoredNode {
                path: node.path.clone(),
                op: node.op.clone(),
                operands: graph.operands(id).iter().map(|o| places[o.index()]).collect(),
                guard: node.guard,
                presence: node.presence,
                shape,
                params: node.params.clone(),
                origin: node.origin,
            });
        }
        let mut stored = Self {
            name: graph.name.clone(),
            settings: graph.settings.clone(),
            apart: graph.apart,
            diagrams: StoredDiagrams::from(&Diagrams::default()),
            decisions: graph.decisions.clone(),
            valid: graph.valid,
            limits: graph.limits.clone(),
            remap: graph.remap.clone(),
            params: graph.params.clone(),
            nodes,
        };
        let mut roots = Vec::new();
        stored.each_value(&mut |value| roots.push(*value));
        let (diagrams, kept) = StoredDiagrams::reachable(&graph.diagrams, &roots);
        stored.diagrams = diagrams;
        stored.each_value(&mut |value| {
            if let Some(&place) = kept.get(value) {
                *value = place;
            }
        });
        stored
    }
}

impl StoredGraph {
    /// Every handle in the graph, once per place where it stands.
    fn each_value(&mut self, f: &mut dyn FnMut(&mut Vary)) {
        f(&mut self.valid);
        for decision in &mut self.decisions {
            f(&mut decision.guard);
            f(&mut decision.exists);
        }
        for param in &mut self.params {
            f(&mut param.when);
            for slice in &mut param.slices {
                match slice {
                    AxisSlice::Whole => {}
                    AxisSlice::Prefixes(segments) => each_segment(segments, f),
                    AxisSlice::Centre(size) => f(size),
                }
            }
        }
        for node in &mut self.nodes {
            f(&mut node.guard);
            f(&mut node.presence);
            node.shape.axes.iter_mut().for_each(&mut *f);
            f(&mut node.shape.stride);
            each_segment(&mut node.shape.layout.segments, f);
            match &mut node.op {
                Op::Select { on } => f(on),
                Op::Prim { attributes, .. } => {
                    attributes.iter_mut().flat_map(|a| &mut a.values).for_each(&mut *f);
                }
                Op::Input { .. } | Op::Output { .. } => {}
            }
        }
    }

    /// The graph.
    ///
    /// # Errors
    /// One sentence, if the data is no sound graph.
    pub fn into_graph(mut self) -> Result<Graph, String> {
        let mut values = Vec::new();
        self.each_value(&mut |value| values.push(*value));
        let diagrams = Diagrams::try_from(self.diagrams)?;
        if let Some(unknown) = values.iter().find(|&&value| !diagrams.holds(value)) {
            return Err(format!("there is no diagram node {}", unknown.0));
        }
        let mut graph = Graph::named(&self.name);
        graph.settings = self.settings;
        graph.apart = self.apart;
        graph.limits = self.limits;
        graph.remap = self.remap;
        graph.valid = self.valid;
        if diagrams.decisions() != self.decisions.len() {
            return Err("the diagrams are over other decisions".to_owned());
        }
        for (place, decision) in self.decisions.into_iter().enumerate() {
            check_decision(&diagrams, place, &decision)?;
            graph.decisions.push(decision);
        }
        graph.diagrams = diagrams;
        for param in self.params {
            check_param(&param)?;
            graph.params.push(param);
        }
        for (place, node) in self.nodes.into_iter().enumerate() {
            check_node(&graph, place, &node)?;
            let operands: Vec<NodeId> = node.operands.into_iter().map(NodeId).collect();
            graph.add_node(
                Node {
                    path: node.path,
                    op: node.op,
                    guard: node.guard,
                    presence: node.presence,
                    shape: node.shape,
                    params: node.params,
                    origin: node.origin,
                },
                &operands,
            );
        }
        if !is_truth(&graph.diagrams, graph.valid) {
            return Err("validity is no truth value".to_owned());
        }
        match verify::verify(&graph).into_iter().next() {
            Some(broken) => Err(broken),
            None => Ok(graph),
        }
    }
}

fn each_segment(segments: &mut [Segment], f: &mut dyn FnMut(&mut Vary)) {
    for segment in segments {
        f(&mut segment.active);
    }
}

fn is_truth(diagrams: &Diagrams, value: Vary) -> bool {
    diagrams.leaves(value).iter().all(|leaf| matches!(leaf, Leaf::Bool(_)))
}

fn check_decision(diagrams: &Diagrams, place: usize, decision: &Decision) -> Result<(), String> {
    let path = &decision.path;
    let options = decision.options.len();
    let arity = diagrams.arity(super::DecisionId(place as u32)) as usize;
    if options == 0 || options > usize::from(u16::MAX) || arity != options {
        return Err(format!("`{path}` has {options} options, its diagrams {arity}"));
    }
    if decision.default.is_some_and(|default| default as usize >= options) {
        return Err(format!("the default of `{path}` is no option of it"));
    }
    let fits = |prior: &Vec<f64>| {
        prior.len() == options && prior.iter().all(|p| p.is_finite() && *p >= 0.0)
    };
    if !decision.prior.as_ref().is_none_or(fits) {
        return Err(format!("the prior of `{path}` is no probability per option"));
    }
    Ok(())
}

fn check_param(param: &Param) -> Result<(), String> {
    let path = &param.path;
    if param.full.len() > AXIS_LIMIT {
        return Err(format!("`{path}` has more than {AXIS_LIMIT} axes"));
    }
    let size = param.full.iter().try_fold(1_u64, |product, &n| product.checked_mul(n.into()));
    // What a tensor of f64 can hold in 63 bits of bytes.
    if size.is_none_or(|size| size > 1 << 60) {
        return Err(format!("`{path}` is larger than any memory"));
    }
    for slice in &param.slices {
        if let AxisSlice::Prefixes(segments) = slice {
            check_segments(path, segments)?;
        }
    }
    Ok(())
}

/// The sum of the segments is taken in 32 bits elsewhere.
fn check_segments(path: &str, segments: &[Segment]) -> Result<(), String> {
    let sum: u64 = segments.iter().map(|segment| u64::from(segment.max)).sum();
    if sum > u64::from(u32::MAX >> 1) {
        return Err(format!("`{path}` has more channels than any tensor"));
    }
    Ok(())
}

fn check_node(graph: &Graph, place: usize, node: &StoredNode) -> Result<(), String> {
    let path = &node.path;
    if node.operands.iter().any(|&operand| operand as usize >= place) {
        return Err(format!("`{path}` uses a later node"));
    }
    if node.params.iter().any(|param| param.index() >= graph.params.len()) {
        return Err(format!("`{path}` has a parameter that is not there"));
    }
    let Shape { axes, layout: Layout { segments, mixed }, stride: _ } = &node.shape;
    if axes.is_empty() || axes.len() > AXIS_LIMIT {
        return Err(format!("`{path}` has {} axes", axes.len()));
    }
    check_segments(path, segments)?;
    if mixed.is_some_and(|select| select.index() > place) {
        return Err(format!("`{path}` mixes the layouts of a later node"));
    }
    if let Op::Select { on } = node.op {
        let operands = node.operands.len() as i64;
        let here = |leaf: &Leaf| leaf.as_int().is_none_or(|on| (0..operands).contains(&on));
        if !graph.diagrams.leaves(on).iter().all(here) {
            return Err(format!("`{path}` selects an operand that it does not have"));
        }
    }
    Ok(())
}
