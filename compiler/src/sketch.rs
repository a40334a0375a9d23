//! Small graphs built by hand, for tests.

use std::sync::Arc;

use smallvec::smallvec;

use crate::ir::{
    Attribute, AxisSlice, Decision, DecisionId, DecisionKind, Graph, Kind, Layout, Node, NodeId,
    Op, Origin, Param, ParamId, Role, Segment, Shape,
};
use crate::pass::{Checked, liveness};
use crate::random::Stream;
use crate::vary::{Binary, TRUE, Vary};

/// A graph under construction; everything added stands under `guard`.
pub struct Sketch {
    pub graph: Graph,
    pub guard: Vary,
}

impl Sketch {
    pub fn named(name: &str) -> Self {
        Self { graph: Graph::named(name), guard: TRUE }
    }

    pub fn int(&mut self, value: i64) -> Vary {
        self.graph.diagrams.int(value)
    }

    pub fn input(&mut self, channels: u32, side: i64) -> NodeId {
        let (c, n) = (self.int(i64::from(channels)), self.int(side));
        let stride = self.int(1);
        let shape = Shape { axes: smallvec![c, n, n], layout: Layout::single(channels, c), stride };
        self.node("image", Op::Input { name: Arc::from("image") }, shape, vec![], &[])
    }

    pub fn decision(&mut self, path: &str, kind: DecisionKind, options: &[&str]) -> DecisionId {
        self.graph.add_decision(Decision {
            path: Arc::from(path),
            kind,
            options: options.iter().map(|&option| Arc::from(option)).collect(),
            guard: self.guard,
            exists: self.guard,
            prior: None,
            default: None,
            origin: Origin::default(),
        })
    }

    /// An elastic value: the decision, and the integer it stands for.
    pub fn value(&mut self, path: &str, options: &[i64]) -> Vary {
        let labels: Vec<String> = options.iter().map(ToString::to_string).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let decision = self.decision(path, DecisionKind::Value, &labels);
        let values: Vec<Vary> = options.iter().map(|&option| self.int(option)).collect();
        self.graph.diagrams.choose(decision, &values)
    }

    /// A convolution with "same" padding; `groups` of `None` means depthwise.
    pub fn conv(
        &mut self,
        path: &str,
        x: NodeId,
        out: Vary,
        kernel: Vary,
        stride: i64,
        groups: Option<i64>,
    ) -> NodeId {
        let input = self.graph.node(x).shape.clone();
        let [out, groups] = match groups {
            Some(groups) => [out, self.int(groups)],
            None => [input.channels(), input.channels()],
        };
        let most = |this: &Self, value| this.graph.diagrams.int_range(value).map_or(0, |r| r.1);
        let max_out = most(self, out) as u32;
        let layout = Layout::single(max_out, out);
        let (stride, one, two) = (self.int(stride), self.int(1), self.int(2));
        let d = &mut self.graph.diagrams;
        let before = d.binary(Binary::Subtract, kernel, one);
        let pad = d.binary(Binary::Div, before, two);
        let space: Vec<Vary> = input
            .space()
            .iter()
            .map(|&n| {
                let last = d.binary(Binary::Subtract, n, one);
                let steps = d.binary(Binary::Div, last, stride);
                d.binary(Binary::Add, steps, one)
            })
            .collect();
        let depthwise = groups == input.channels() && groups == out;
        let kernel_max = most(self, kernel) as u32;
        let in_axis = if depthwise {
            (1, AxisSlice::Whole)
        } else {
            let groups = most(self, groups) as u32;
            (input.layout.max() / groups, prefixes(&input.layout, groups))
        };
        let weight = self.param(
            &format!("{path}.weight"),
            Role::ConvWeight,
            vec![max_out, in_axis.0, kernel_max, kernel_max],
            vec![
                prefixes(&layout, 1),
                in_axis.1,
                AxisSlice::Centre(kernel),
                AxisSlice::Centre(kernel),
            ],
        );
        let stride_so_far = self.graph.diagrams.binary(Binary::Multiply, input.stride, stride);
        let shape =
            Shape { axes: [vec![out], space].concat().into(), layout, stride: stride_so_far };
        let attributes = vec![
            attribute("out", vec![out]),
            attribute("kernel", vec![kernel, kernel]),
            attribute("stride", vec![stride, stride]),
            attribute("dilation", vec![one, one]),
            attribute("groups", vec![groups]),
            attribute("pad", vec![pad, pad]),
        ];
        self.node(path, Op::Prim { kind: Kind::Conv, attributes }, shape, vec![weight], &[x])
    }

    pub fn bn(&mut self, path: &str, x: NodeId) -> NodeId {
        let shape = self.graph.node(x).shape.clone();
        let full = vec![shape.layout.max()];
        let params = [
            ("weight", Role::NormWeight),
            ("bias", Role::NormBias),
            ("running_mean", Role::RunningMean),
            ("running_var", Role::RunningVar),
        ]
        .map(|(name, role)| {
            let slices = vec![prefixes(&shape.layout, 1)];
            self.param(&format!("{path}.{name}"), role, full.clone(), slices)
        });
        let eps = self.graph.diagrams.float(1e-5);
        let momentum = self.graph.diagrams.float(0.1);
        let stats = self.graph.diagrams.text("shared");
        let attributes = vec![
            attribute("eps", vec![eps]),
            attribute("momentum", vec![momentum]),
            attribute("stats", vec![stats]),
        ];
        self.node(path, Op::Prim { kind: Kind::Bn, attributes }, shape, params.to_vec(), &[x])
    }

    /// An operation without attributes or parameters that keeps its first operand's shape.
    pub fn plain(&mut self, path: &str, kind: Kind, operands: &[NodeId]) -> NodeId {
        let mut shape = self.graph.node(operands[0]).shape.clone();
        if kind == Kind::GlobalPool {
            let one = self.int(1);
            shape.axes = smallvec![shape.axes[0], one, one];
        }
        self.node(path, Op::Prim { kind, attributes: vec![] }, shape, vec![], operands)
    }

    pub fn linear(&mut self, path: &str, x: NodeId, out: i64) -> NodeId {
        let input = self.graph.node(x).shape.layout.clone();
        let (size, stride) = (self.int(out), self.graph.node(x).shape.stride);
        let weight = self.param(
            &format!("{path}.weight"),
            Role::LinearWeight,
            vec![out as u32, input.max()],
            vec![AxisSlice::Whole, prefixes(&input, 1)],
        );
        let shape =
            Shape { axes: smallvec![size], layout: Layout::single(out as u32, size), stride };
        let attributes = vec![attribute("out", vec![size])];
        self.node(path, Op::Prim { kind: Kind::Linear, attributes }, shape, vec![weight], &[x])
    }

    /// The operand whose number the value has.
    pub fn select(&mut self, path: &str, on: Vary, operands: &[NodeId]) -> NodeId {
        let shape = self.graph.node(operands[0]).shape.clone();
        self.node(path, Op::Select { on }, shape, vec![], operands)
    }

    /// A choice of branches; each is made under its own guard.
    pub fn branches(
        &mut self,
        path: &str,
        options: &[&str],
        mut branch: impl FnMut(&mut Self, &str, &str) -> NodeId,
    ) -> NodeId {
        let decision = self.decision(path, DecisionKind::Branch, options);
        let outside = self.guard;
        let mut made = Vec::new();
        for (number, option) in options.iter().enumerate() {
            let here = self.graph.diagrams.is(decision, number as u32);
            self.guard = self.graph.diagrams.and(outside, here);
            made.push(branch(self, option, &format!("{path}.{option}")));
        }
        self.guard = outside;
        let on = self.graph.diagrams.index_of(decision);
        self.select(path, on, &made)
    }

    pub fn output(&mut self, x: NodeId) {
        let shape = self.graph.node(x).shape.clone();
        self.node("logits", Op::Output { name: Arc::from("logits") }, shape, vec![], &[x]);
    }

    pub fn checked(mut self) -> Checked {
        liveness(&mut self.graph);
        Checked::seal(self.graph)
    }

    fn node(
        &mut self,
        path: &str,
        op: Op,
        shape: Shape,
        params: Vec<ParamId>,
        operands: &[NodeId],
    ) -> NodeId {
        let node = Node {
            path: Arc::from(path),
            op,
            guard: self.guard,
            presence: self.guard,
            shape,
            params,
            origin: Origin { file: 0, start: self.graph.len() as u32, end: 0 },
        };
        self.graph.add_node(node, operands)
    }

    fn param(&mut self, path: &str, role: Role, full: Vec<u32>, slices: Vec<AxisSlice>) -> ParamId {
        let origin = Origin::default();
        self.graph.add_param(Param {
            path: Arc::from(path),
            role,
            full,
            slices,
            when: TRUE,
            keys: Vec::new(),
            origin,
        })
    }
}

fn attribute(name: &str, values: Vec<Vary>) -> Attribute {
    Attribute { name: name.to_owned().into(), values: values.into() }
}

fn prefixes(layout: &Layout, groups: u32) -> AxisSlice {
    if groups > 1 {
        return AxisSlice::Whole;
    }
    AxisSlice::Prefixes(
        layout.segments.iter().map(|s| Segment { max: s.max, active: s.active }).collect(),
    )
}

/// A chain of `layers` choices among convolutions of kernel 3, 5 and 7 and a wide one.
pub fn chain(layers: usize) -> Checked {
    let mut sketch = Sketch::named("chain");
    let mut x = sketch.input(3, 32);
    let (width, three) = (sketch.int(8), sketch.int(3));
    x = sketch.conv("stem", x, width, three, 2, Some(1));
    for layer in 0..layers {
        x = sketch.branches(
            &format!("s.{layer}.op"),
            &["k3", "k5", "k7", "deep"],
            |s, option, path| {
                let kernel = match option {
                    "k3" => s.int(3),
                    "k5" => s.int(5),
                    "k7" => s.int(7),
                    _ => {
                        let three = s.int(3);
                        let mid = s.conv(&format!("{path}.up"), x, width, three, 1, Some(1));
                        let mid = s.bn(&format!("{path}.bn"), mid);
                        return s.conv(&format!("{path}.down"), mid, width, three, 1, Some(1));
                    }
                };
                s.conv(&format!("{path}.conv"), x, width, kernel, 1, Some(1))
            },
        );
    }
    let pooled = sketch.plain("pool", Kind::GlobalPool, &[x]);
    let logits = sketch.linear("fc", pooled, 10);
    sketch.output(logits);
    sketch.checked()
}

/// A drawn space: elastic widths, kernels and depth, branches, decisions inside branches, ties, and
/// now and then a forbidden combination.
pub fn drawn(stream: &mut Stream) -> Checked {
    let mut s = Sketch::named("drawn");
    let mut x = s.input(3, 16);
    let three = s.int(3);
    let tied = s.value("tied", &[3, 5]);
    let mut width = s.value("width", &[4, 6, 8]);
    x = s.conv("stem", x, width, three, 2, Some(1));
    let depth = s.value("depth", &[1, 2, 3]);
    for layer in 0..3 {
        let at = s.int(layer);
        let outside = s.guard;
        s.guard = s.graph.diagrams.binary(Binary::Less, at, depth);
        let inside = s.guard;
        let before = x;
        x = match stream.below(4) {
            0 => {
                let kernel = s.value(&format!("l{layer}.kernel"), &[3, 5, 7]);
                let y = s.conv(&format!("l{layer}.conv"), x, width, kernel, 1, Some(1));
                s.bn(&format!("l{layer}.bn"), y)
            }
            1 => s.conv(&format!("l{layer}.dw"), x, width, tied, 1, None),
            2 => {
                s.branches(&format!("l{layer}.op"), &["conv", "skip", "nest"], |s, option, path| {
                    match option {
                        "skip" => s.plain(&format!("{path}.identity"), Kind::Identity, &[x]),
                        "conv" => s.conv(&format!("{path}.conv"), x, width, three, 1, Some(1)),
                        _ => s.branches(&format!("{path}.in"), &["a", "b"], |s, option, path| {
                            let kernel = if option == "a" { tied } else { three };
                            s.conv(&format!("{path}.conv"), x, width, kernel, 1, Some(1))
                        }),
                    }
                })
            }
            _ => s.plain(&format!("l{layer}.act"), Kind::Act, &[x]),
        };
        s.guard = outside;
        if inside != TRUE {
            let zero = s.int(0);
            let one = s.int(1);
            let on = s.graph.diagrams.ite(inside, zero, one);
            x = s.select(&format!("l{layer}"), on, &[x, before]);
        }
        // One elastic width on the way, with the layers after it as wide.
        if layer == 1 && stream.chance(0.5) {
            width = s.value("wider", &[8, 12]);
            x = s.conv("widen", x, width, three, 2, Some(1));
        }
    }
    let pooled = s.plain("pool", Kind::GlobalPool, &[x]);
    let logits = s.linear("fc", pooled, 10);
    s.output(logits);
    if stream.chance(0.5) {
        let eight = s.int(8);
        let five = s.int(5);
        let wide = s.graph.diagrams.binary(Binary::Equal, width, eight);
        let large = s.graph.diagrams.binary(Binary::Equal, tied, five);
        let both = s.graph.diagrams.and(wide, large);
        s.graph.valid = s.graph.diagrams.not(both);
    }
    s.checked()
}

/// Every assignment of options to decisions.
pub fn assignments(space: &Graph) -> Vec<crate::arch::Arch> {
    let mut all = vec![crate::arch::Arch(Vec::new())];
    for decision in &space.decisions {
        let options = decision.options.len() as u16;
        all = all
            .iter()
            .flat_map(|head| {
                (0..options).map(move |o| crate::arch::Arch([head.0.as_slice(), &[o]].concat()))
            })
            .collect();
    }
    all
}
