//! A small space made by hand: a branch choice with a skip, an elastic width whose layout reaches
//! the layers below in two segments, an elastic kernel, and a normalisation used in two places.

use std::sync::Arc;

use nasc_compiler::ir::{
    Attribute, AxisSlice, Decision, DecisionKind, Graph, Kind, Layout, Node, NodeId, Op, Origin,
    Param, ParamId, Role, Segment, Shape,
};
use nasc_compiler::pass::{Checked, finish};
use nasc_compiler::vary::{DecisionId, TRUE, Vary};

pub const SIZE: i64 = 8;
pub const CLASSES: i64 = 7;

/// Builds a graph node by node; every image keeps its size.
pub struct Toy {
    graph: Graph,
    /// Whether convolutions have biases instead of normalisations.
    is_plain: bool,
}

impl Toy {
    pub fn new(name: &str) -> Self {
        Self { graph: Graph::named(name), is_plain: false }
    }

    pub fn finish(self) -> Arc<Checked> {
        Arc::new(finish(self.graph))
    }

    pub fn int(&mut self, value: i64) -> Vary {
        self.graph.diagrams.int(value)
    }

    pub fn decision(&mut self, path: &str, kind: DecisionKind, options: &[&str]) -> DecisionId {
        self.graph.add_decision(Decision {
            path: path.into(),
            kind,
            options: options.iter().map(|&option| option.into()).collect(),
            guard: TRUE,
            exists: TRUE,
            prior: None,
            default: None,
            origin: Origin::default(),
        })
    }

    pub fn value(&mut self, path: &str, options: &[i64]) -> Vary {
        let labels: Vec<String> = options.iter().map(ToString::to_string).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let decision = self.decision(path, DecisionKind::Value, &labels);
        let values: Vec<Vary> = options.iter().map(|&value| self.int(value)).collect();
        self.graph.diagrams.choose(decision, &values)
    }

    pub fn index(&mut self, decision: DecisionId) -> Vary {
        self.graph.diagrams.index_of(decision)
    }

    fn layout_of(&self, node: NodeId) -> Layout {
        self.graph.node(node).shape.layout.clone()
    }

    fn slice(&self, layout: &Layout) -> AxisSlice {
        if layout.is_full(&self.graph.diagrams) {
            AxisSlice::Whole
        } else {
            AxisSlice::Prefixes(layout.segments.clone())
        }
    }

    fn single(&self, channels: Vary) -> Layout {
        let most = self.graph.diagrams.int_range(channels).map_or(0, |(_, most)| most);
        Layout::single(most as u32, channels)
    }

    fn param(
        &mut self,
        path: &str,
        name: &str,
        role: Role,
        axes: Vec<(u32, AxisSlice)>,
    ) -> ParamId {
        let (full, slices) = axes.into_iter().unzip();
        let path = format!("{path}.{name}").into();
        self.graph.add_param(Param {
            path,
            role,
            full,
            slices,
            when: TRUE,
            keys: Vec::new(),
            origin: Origin::default(),
        })
    }

    fn node(
        &mut self,
        path: &str,
        op: Op,
        operands: &[NodeId],
        (layout, is_image): (Layout, bool),
        params: Vec<ParamId>,
    ) -> NodeId {
        let mut channels = self.int(0);
        for Segment { active, .. } in &layout.segments {
            channels =
                self.graph.diagrams.binary(nasc_compiler::vary::Binary::Add, channels, *active);
        }
        let size = self.int(SIZE);
        let axes = if is_image { vec![channels, size, size] } else { vec![channels] };
        let stride = self.int(1);
        self.graph.add_node(
            Node {
                path: path.into(),
                op,
                guard: TRUE,
                presence: TRUE,
                shape: Shape { axes: axes.into(), layout, stride },
                params,
                origin: Origin::default(),
            },
            operands,
        )
    }

    fn prim(kind: Kind, attributes: &[(&str, Vec<Vary>)]) -> Op {
        let attributes = attributes
            .iter()
            .map(|(name, values)| Attribute {
                name: (*name).to_owned().into(),
                values: values.as_slice().into(),
            })
            .collect();
        Op::Prim { kind, attributes }
    }

    pub fn input(&mut self, channels: i64) -> NodeId {
        let channels = self.int(channels);
        let layout = self.single(channels);
        self.node("image", Op::Input { name: "image".into() }, &[], (layout, true), Vec::new())
    }

    /// `groups` 0 makes it depthwise.
    pub fn conv(&mut self, path: &str, x: NodeId, out: Vary, kernel: Vary, groups: i64) -> NodeId {
        let from = self.layout_of(x);
        let depthwise = groups == 0;
        let layout = if depthwise { from.clone() } else { self.single(out) };
        let input = if depthwise { (1, AxisSlice::Whole) } else { (from.max(), self.slice(&from)) };
        let most = self.graph.diagrams.int_range(kernel).map_or(0, |(_, most)| most) as u32;
        let side = match self.graph.diagrams.constant_int(kernel) {
            Some(_) => AxisSlice::Whole,
            None => AxisSlice::Centre(kernel),
        };
        let weight = self.param(
            path,
            "weight",
            Role::ConvWeight,
            vec![(layout.max(), self.slice(&layout)), input, (most, side.clone()), (most, side)],
        );
        let (one, two) = (self.int(1), self.int(2));
        let pad = self.graph.diagrams.binary(nasc_compiler::vary::Binary::Div, kernel, two);
        let groups = if depthwise { self.graph.node(x).shape.channels() } else { self.int(groups) };
        let op = Self::prim(
            Kind::Conv,
            &[
                ("out", vec![out]),
                ("kernel", vec![kernel; 2]),
                ("stride", vec![one; 2]),
                ("dilation", vec![one; 2]),
                ("groups", vec![groups]),
                ("pad", vec![pad; 2]),
            ],
        );
        let mut params = vec![weight];
        if self.is_plain {
            let bias = vec![(layout.max(), self.slice(&layout))];
            params.push(self.param(path, "bias", Role::Bias, bias));
        }
        self.node(path, op, &[x], (layout, true), params)
    }

    pub fn bn(&mut self, path: &str, x: NodeId) -> NodeId {
        if self.is_plain {
            return x;
        }
        let layout = self.layout_of(x);
        let axis = || vec![(layout.max(), self.slice(&layout))];
        let axes = [axis(), axis(), axis(), axis()];
        let roles = [
            ("weight", Role::NormWeight),
            ("bias", Role::NormBias),
            ("running_mean", Role::RunningMean),
            ("running_var", Role::RunningVar),
        ];
        let params = roles.into_iter().zip(axes);
        let params = params.map(|((name, role), axes)| self.param(path, name, role, axes));
        let params = params.collect();
        self.bn_with(path, x, params)
    }

    pub fn bn_like(&mut self, path: &str, x: NodeId, like: NodeId) -> NodeId {
        if self.is_plain {
            return x;
        }
        let params = self.graph.node(like).params.clone();
        self.bn_with(path, x, params)
    }

    fn bn_with(&mut self, path: &str, x: NodeId, params: Vec<ParamId>) -> NodeId {
        let layout = self.layout_of(x);
        let diagrams = &mut self.graph.diagrams;
        let (eps, momentum) = (diagrams.float(1e-5), diagrams.float(0.1));
        let stats = diagrams.text("shared");
        let attributes = [("eps", vec![eps]), ("momentum", vec![momentum]), ("stats", vec![stats])];
        self.node(path, Self::prim(Kind::Bn, &attributes), &[x], (layout, true), params)
    }

    pub fn relu(&mut self, path: &str, x: NodeId) -> NodeId {
        let layout = self.layout_of(x);
        let relu = self.graph.diagrams.text("relu");
        let op = Self::prim(Kind::Act, &[("kind", vec![relu])]);
        self.node(path, op, &[x], (layout, true), Vec::new())
    }

    pub fn deinterleave(&mut self, path: &str, x: NodeId, parity: i64) -> NodeId {
        let half = self.graph.diagrams.int_range(self.graph.node(x).shape.channels());
        let half = self.int(half.map_or(0, |(_, most)| most / 2));
        let layout = self.single(half);
        let parity = self.int(parity);
        let op = Self::prim(Kind::Deinterleave, &[("parity", vec![parity])]);
        self.node(path, op, &[x], (layout, true), Vec::new())
    }

    pub fn concat(&mut self, path: &str, operands: &[NodeId]) -> NodeId {
        let segments = operands.iter().flat_map(|&o| self.layout_of(o).segments).collect();
        let layout = Layout { segments, mixed: None };
        self.node(path, Self::prim(Kind::Concat, &[]), operands, (layout, true), Vec::new())
    }

    pub fn add(&mut self, path: &str, a: NodeId, b: NodeId) -> NodeId {
        let layout = self.layout_of(a);
        self.node(path, Self::prim(Kind::Add, &[]), &[a, b], (layout, true), Vec::new())
    }

    pub fn select(&mut self, path: &str, on: Vary, operands: &[NodeId]) -> NodeId {
        let layout = self.layout_of(operands[0]);
        self.node(path, Op::Select { on }, operands, (layout, true), Vec::new())
    }

    pub fn classifier(&mut self, x: NodeId) {
        let layout = self.layout_of(x);
        let pool = Self::prim(Kind::GlobalPool, &[]);
        let pool = self.node("pool", pool, &[x], (layout.clone(), true), Vec::new());
        let out = self.int(CLASSES);
        let weight = self.param(
            "head",
            "weight",
            Role::LinearWeight,
            vec![(CLASSES as u32, AxisSlice::Whole), (layout.max(), self.slice(&layout))],
        );
        let bias = vec![(CLASSES as u32, AxisSlice::Whole)];
        let bias = self.param("head", "bias", Role::Bias, bias);
        let out_layout = self.single(out);
        let linear = Self::prim(Kind::Linear, &[("out", vec![out])]);
        let shape = (out_layout, false);
        let linear = self.node("head", linear, &[pool], shape.clone(), vec![weight, bias]);
        let output = Op::Output { name: "logits".into() };
        self.node("logits", output, &[linear], shape, Vec::new());
    }
}

/// The space: 3 * 3 * 3 * 3 architectures.
pub fn space() -> Arc<Checked> {
    make(Toy::new("toy"))
}

/// The same with biases instead of normalisations.
pub fn plain() -> Arc<Checked> {
    make(Toy { is_plain: true, ..Toy::new("plain") })
}

fn make(mut t: Toy) -> Arc<Checked> {
    let (one, three, eight) = (t.int(1), t.int(3), t.int(8));
    let image = t.input(3);
    let stem = t.conv("stem", image, eight, three, 1);
    let stem = t.bn("stem.bn", stem);
    let mut x = t.relu("stem.relu", stem);
    for layer in ["a", "b"] {
        let op = t.decision(&format!("{layer}.op"), DecisionKind::Branch, &["k3", "k5", "skip"]);
        let (even, odd) = (
            t.deinterleave(&format!("{layer}.even"), x, 0),
            t.deinterleave(&format!("{layer}.odd"), x, 1),
        );
        let mut branches = Vec::new();
        for kernel in [3, 5] {
            let path = format!("{layer}.op.k{kernel}");
            let (kernel, four) = (t.int(kernel), t.int(4));
            let y = t.conv(&format!("{path}.conv"), odd, four, kernel, 1);
            let y = t.bn(&format!("{path}.bn"), y);
            branches.push(t.concat(&format!("{path}.concat"), &[even, y]));
        }
        branches.push(x);
        let on = t.index(op);
        x = t.select(&format!("{layer}.op"), on, &branches);
    }
    let width = t.value("width", &[2, 5, 6]);
    let left = t.conv("left", x, width, one, 1);
    let left_bn = t.bn("left.bn", left);
    let right = t.conv("right", x, width, one, 1);
    // One normalisation, used twice.
    let right_bn = t.bn_like("right.bn", right, left_bn);
    let joined = t.concat("joined", &[left_bn, right_bn]);
    let kernel = t.value("kernel", &[1, 3, 5]);
    let width_twice = t.int(0);
    let y = t.conv("dw", joined, width_twice, kernel, 0);
    let y = t.bn("dw.bn", y);
    let y = t.relu("dw.relu", y);
    let y = t.add("sum", y, joined);
    t.classifier(y);
    t.finish()
}
