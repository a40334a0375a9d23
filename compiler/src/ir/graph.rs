//! The graph, its nodes and its decisions.

use std::sync::Arc;

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

use super::{Attribute, Kind, Limit, Param, ParamId, Remap, Shape};
use crate::vary::{DecisionId, Diagrams, FALSE, TRUE, Vary};

/// A node, numbered in elaboration order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The node's place in tables with one entry per node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a thing was written: a file of the compilation and a range of bytes in it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Origin {
    /// The file, by its place in the compilation's list.
    pub file: u32,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A tensor from outside, `[C, spatial…]` without the batch axis.
    Input {
        /// The input's name.
        name: Arc<str>,
    },
    /// A primitive operation with its attributes in the order of its signature.
    Prim {
        /// Which primitive.
        kind: Kind,
        /// Its attributes.
        attributes: Vec<Attribute>,
    },
    /// One of the operands, by number.
    Select {
        /// The number of the operand, in every network where the node exists.
        on: Vary,
    },
    /// A tensor to the outside.
    Output {
        /// The output's name; `name.0`, `name.1`, … for a list.
        name: Arc<str>,
    },
}

/// One operation of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The stable, readable path; unique in the graph.
    pub path: Arc<str>,
    /// What the node does.
    pub op: Op,
    /// The conditions that stand around the node.
    pub guard: Vary,
    /// Where the node exists: its guard holds and something live uses it. `guard` until the liveness
    /// pass has run.
    pub presence: Vary,
    /// The shape of its result.
    pub shape: Shape,
    /// Its parameters and buffers, in the primitive's order.
    pub params: Vec<ParamId>,
    /// Where it was written.
    pub origin: Origin,
}

/// How a decision's options share weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecisionKind {
    /// A choice of branches: every option owns its tensors.
    Branch,
    /// A choice of several branches at once, the sum of which counts: every branch owns its tensors.
    Subset,
    /// A choice of values: options share slices of the largest tensor.
    Value,
}

/// The text of one option: a label of a branch, or a value as the language writes it.
pub type OptionLabel = Arc<str>;

/// One decision of the space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The stable, readable path; unique among the decisions.
    pub path: Arc<str>,
    /// How options share weights.
    pub kind: DecisionKind,
    /// The labels of the options, in source order.
    pub options: Vec<OptionLabel>,
    /// The conditions that stand around the decision.
    pub guard: Vary,
    /// Where the decision exists. `guard` until the liveness pass has run.
    pub exists: Vary,
    /// Probability of each option before anything is learned; uniform if `None`. Sums to one.
    pub prior: Option<Vec<f64>>,
    /// The option of the seed architecture.
    pub default: Option<u32>,
    /// Where it was written.
    pub origin: Origin,
}

/// A file that took part in a compilation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name under which it was found: a path, or `std/…`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One `forbid`.
#[derive(Clone, Copy, Debug)]
pub struct Forbidden {
    /// What it says.
    pub condition: Vary,
    /// Where it was written.
    pub origin: Origin,
}

/// The edge from a producer to a consumer: which operand of the consumer it is.
#[derive(Clone, Copy, Debug)]
struct Port(u32);

/// A space (or, without decisions, a network).
#[derive(Clone, Debug)]
pub struct Graph {
    /// The name of the space, network or derived network.
    pub name: String,
    /// The values of its parameters, as the language writes them, in order.
    pub settings: Vec<(String, String)>,
    /// Whether no two networks share anything: `@own` on the space.
    pub apart: bool,
    /// Every varying value of the graph.
    pub diagrams: Diagrams,
    /// The decisions in elaboration order; a decision's place is its [`DecisionId`].
    pub decisions: Vec<Decision>,
    /// The parameters in elaboration order; a parameter's place is its [`ParamId`].
    pub params: Vec<Param>,
    /// Where no `forbid` holds and no alternative is taken that its guard withholds. It looks at
    /// existing decisions alone once the passes have run.
    pub valid: Vary,
    /// The conditions around single alternatives of decisions: what these read besides their guards.
    /// Nothing asks for them after the liveness pass, and no artifact holds them.
    pub offered: Vec<(DecisionId, Vary)>,
    /// What each `forbid` takes out, without the conditions around it. For the lints alone: `valid` holds
    /// what they come to, and no artifact holds them.
    pub forbidden: Vec<Forbidden>,
    /// The budgets that the file states.
    pub limits: Vec<Limit>,
    /// How its tensors are to be filled from a seed network, if the file says so.
    pub remap: Option<Remap>,
    nodes: StableDiGraph<Node, Port>,
}

impl Graph {
    /// An empty graph of that name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: Vec::new(),
            apart: false,
            diagrams: Diagrams::default(),
            decisions: Vec::new(),
            params: Vec::new(),
            valid: TRUE,
            offered: Vec::new(),
            forbidden: Vec::new(),
            limits: Vec::new(),
            remap: None,
            nodes: StableDiGraph::default(),
        }
    }

    /// Adds a node after all others. Its operands must exist.
    pub fn add_node(&mut self, node: Node, operands: &[NodeId]) -> NodeId {
        let index = self.nodes.add_node(node);
        for (port, operand) in operands.iter().enumerate() {
            self.nodes.add_edge(NodeIndex::new(operand.index()), index, Port(port as u32));
        }
        NodeId(index.index() as u32)
    }

    /// The node of that id. Ids come from this graph alone, so it exists.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[NodeIndex::new(id.index())]
    }

    /// The node of that id, to change.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[NodeIndex::new(id.index())]
    }

    /// All nodes, operands before users.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> {
        self.nodes.node_indices().map(|index| (NodeId(index.index() as u32), &self.nodes[index]))
    }

    /// The ids of all nodes, operands before users.
    pub fn node_ids(&self) -> Vec<NodeId> {
        self.nodes.node_indices().map(|index| NodeId(index.index() as u32)).collect()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.node_count() == 0
    }

    /// One more than the largest node id: the length of a table with one entry per node.
    pub fn node_bound(&self) -> usize {
        self.nodes.node_indices().next_back().map_or(0, |index| index.index() + 1)
    }

    /// The operands of a node, in order.
    pub fn operands(&self, id: NodeId) -> Vec<NodeId> {
        let mut found: Vec<(u32, NodeId)> = self
            .nodes
            .edges_directed(NodeIndex::new(id.index()), Direction::Incoming)
            .map(|edge| (edge.weight().0, NodeId(edge.source().index() as u32)))
            .collect();
        found.sort_unstable_by_key(|(port, _)| *port);
        found.into_iter().map(|(_, node)| node).collect()
    }

    /// Who uses a node, and as which operand, in elaboration order.
    pub fn users(&self, id: NodeId) -> Vec<(NodeId, u32)> {
        let mut found: Vec<(NodeId, u32)> = self
            .nodes
            .edges_directed(NodeIndex::new(id.index()), Direction::Outgoing)
            .map(|edge| (NodeId(edge.target().index() as u32), edge.weight().0))
            .collect();
        found.sort_unstable();
        found
    }

    /// The decision for branches whose options are the operands of a select; `None` for a select that
    /// follows a condition, and for other nodes.
    pub fn choice(&self, id: NodeId) -> Option<DecisionId> {
        let Op::Select { on } = self.node(id).op else { return None };
        let (decision, options) = self.diagrams.branch(on)?;
        let takes =
            |(at, &option): (usize, &Vary)| self.diagrams.constant_int(option) == Some(at as i64);
        let is_choice = self.decision(decision).kind == DecisionKind::Branch
            && options.iter().enumerate().all(takes);
        is_choice.then_some(decision)
    }

    /// Takes a node away, with the edges at it.
    pub fn remove_node(&mut self, id: NodeId) {
        self.nodes.remove_node(NodeIndex::new(id.index()));
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> Vec<NodeId> {
        let is_input = |node: &Node| matches!(node.op, Op::Input { .. });
        self.nodes().filter(|(_, node)| is_input(node)).map(|(id, _)| id).collect()
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> Vec<NodeId> {
        let is_output = |node: &Node| matches!(node.op, Op::Output { .. });
        self.nodes().filter(|(_, node)| is_output(node)).map(|(id, _)| id).collect()
    }

    /// Adds a decision after all others.
    pub fn add_decision(&mut self, decision: Decision) -> DecisionId {
        let id = self.diagrams.add_decision(decision.options.len() as u32);
        self.decisions.push(decision);
        id
    }

    /// The decision of that id. Ids come from this graph alone, so it exists.
    pub fn decision(&self, id: DecisionId) -> &Decision {
        &self.decisions[id.index()]
    }

    /// The decisions with their ids, in elaboration order.
    pub fn decision_ids(&self) -> impl DoubleEndedIterator<Item = (DecisionId, &Decision)> {
        self.decisions.iter().enumerate().map(|(i, decision)| (DecisionId(i as u32), decision))
    }

    /// The decision of that path.
    pub fn decision_at(&self, path: &str) -> Option<DecisionId> {
        let at = self.decisions.iter().position(|decision| &*decision.path == path)?;
        Some(DecisionId(at as u32))
    }

    /// Adds a parameter after all others.
    pub fn add_param(&mut self, param: Param) -> ParamId {
        self.params.push(param);
        ParamId(self.params.len() as u32 - 1)
    }

    /// The parameter of that id. Ids come from this graph alone, so it exists.
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.index()]
    }

    /// Where any node that uses the parameter exists, per parameter.
    pub fn param_presence(&mut self) -> Vec<Vary> {
        let mut presence = vec![FALSE; self.params.len()];
        let uses: Vec<(ParamId, Vary)> = self
            .nodes()
            .flat_map(|(_, node)| node.params.iter().map(|&param| (param, node.presence)))
            .collect();
        for (param, present) in uses {
            let present = self.diagrams.and(present, self.params[param.index()].when);
            let known = presence[param.index()];
            presence[param.index()] = self.diagrams.or(known, present);
        }
        presence
    }
}
