//! What must not happen in any network, said where a primitive is built.

use std::sync::Arc;

use super::PrimCall;
use crate::diagnostic::Diagnostic;
use crate::ir::{Layout, NodeId, Op};
use crate::vary::{Binary, FALSE, Leaf, TRUE, Unary, Vary};

/// The largest kernel, stride or size that makes sense; larger ones are mistakes.
pub(super) const LARGEST: i64 = 1 << 20;

/// Something that must not happen in any valid network in which a node exists.
#[derive(Clone, Debug)]
pub struct Check {
    /// Where it happens.
    pub bad: Vary,
    /// The conditions around the place.
    pub guard: Vary,
    /// The node that must be live for it to matter, if it is about one.
    pub node: Option<NodeId>,
    /// What to say; the witness is added.
    pub diagnostic: Diagnostic,
    /// What to say instead of its message, where that depends on the network.
    pub message: Option<Vary>,
}

impl PrimCall<'_> {
    /// Reports `diagnostic` if `bad` holds in a valid network where the node made next exists.
    pub fn check(&mut self, bad: Vary, diagnostic: Diagnostic) {
        if bad != FALSE {
            self.pending.push(Check {
                bad,
                guard: self.guard,
                node: None,
                diagnostic,
                message: None,
            });
        }
    }

    /// The same for a mistake that makes nonsense of the result's shape, which then cannot be a
    /// mistake of its users.
    pub fn check_shape(&mut self, bad: Vary, diagnostic: Diagnostic) {
        let bad = self.unspoilt(bad);
        self.spoil(bad);
        self.check(bad, diagnostic);
    }

    /// The same for a mistake that says nothing about the result's shape.
    pub fn check_input(&mut self, bad: Vary, diagnostic: Diagnostic) {
        let bad = self.unspoilt(bad);
        self.check(bad, diagnostic);
    }

    /// The same for an argument: what its tensors are does not matter.
    fn check_argument(&mut self, bad: Vary, diagnostic: Diagnostic) {
        self.spoil(bad);
        self.check(bad, diagnostic);
    }

    /// Says that the result's shape is nonsense where `bad` holds, which is reported elsewhere.
    pub(super) fn spoil(&mut self, bad: Vary) {
        if bad != FALSE {
            let fails = self.graph.diagrams.unary(Unary::IsFault, bad);
            let bad = self.graph.diagrams.ite(fails, FALSE, bad);
            self.spoils = self.graph.diagrams.or(self.spoils, bad);
        }
    }

    /// `bad` without the networks in which an operand's shape is nonsense already.
    pub(super) fn unspoilt(&mut self, bad: Vary) -> Vary {
        if bad == FALSE || self.spoilt.is_empty() {
            return bad;
        }
        let mask = self.spoilt_operands();
        let sound = self.graph.diagrams.not(mask);
        self.graph.diagrams.and(sound, bad)
    }

    /// Where an operand's shape is nonsense.
    pub(super) fn spoilt_operands(&mut self) -> Vary {
        let mut mask = FALSE;
        for operand in &self.operands {
            if let Some(&spoilt) = self.spoilt.get(operand) {
                mask = self.graph.diagrams.or(mask, spoilt);
            }
        }
        mask
    }

    /// Checks `least <= value`, and that the value is not absurdly large.
    pub fn at_least(&mut self, name: &str, value: Vary, least: i64) {
        let most = self.graph.diagrams.int_range_where(self.guard, value);
        if most.is_some_and(|(_, most)| most > LARGEST) {
            let shown = self.show_value(value);
            // Reported whether or not anything uses the node: no table has room for it.
            let message = format!("`{name}` must be at most {LARGEST}");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}")),
            );
        }
        let least_value = self.graph.diagrams.int(least);
        let bad = self.op(Binary::Less, value, least_value);
        // Nearly every argument is fine: words are made for the others alone.
        if bad == FALSE {
            return;
        }
        let shown = self.show_value(value);
        let message = format!("`{name}` must be at least {least}");
        let diagnostic =
            Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}"));
        self.check_argument(bad, diagnostic);
    }

    /// Checks that `least <= value <= most`, both of which are small.
    pub fn between(&mut self, name: &str, value: Vary, [least, most]: [i64; 2]) {
        let d = &mut self.graph.diagrams;
        let (low, high) = (d.int(least), d.int(most));
        let below = d.binary(Binary::Less, value, low);
        let above = d.binary(Binary::Less, high, value);
        let bad = d.or(below, above);
        if bad == FALSE {
            return;
        }
        let shown = self.show_value(value);
        let message = format!("`{name}` must be between {least} and {most}");
        let diagnostic =
            Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}"));
        self.check_argument(bad, diagnostic);
    }

    /// Whether a tensor of so many channels can be told of; reports it otherwise.
    pub fn fits_channels(&mut self, channels: u64) -> bool {
        let fits = channels <= LARGEST as u64;
        if !fits {
            let message = format!("a tensor has at most {LARGEST} channels");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message)
                    .at(format!("makes {channels} channels")),
            );
        }
        fits
    }

    /// `div(size + 2 pad - dilation (kernel - 1) - 1, stride) + 1`, checked to be positive.
    pub fn window(&mut self, size: Vary, [kernel, stride, dilation, pad]: [Vary; 4]) -> Vary {
        let reach = self.with(Binary::Subtract, kernel, 1);
        let reach = self.op(Binary::Multiply, reach, dilation);
        let padded = self.with(Binary::Multiply, pad, 2);
        let padded = self.op(Binary::Add, size, padded);
        let room = self.op(Binary::Subtract, padded, reach);
        let room = self.with(Binary::Subtract, room, 1);
        let steps = self.op(Binary::Div, room, stride);
        let result = self.with(Binary::Add, steps, 1);
        let least = self.graph.diagrams.int(1);
        let bad = self.op(Binary::Less, result, least);
        if bad == FALSE {
            return result;
        }
        let (kernel, size) = (self.show_value(kernel), self.show_value(size));
        let diagnostic =
            Diagnostic::error("E0307", self.origin, "the window does not fit into the tensor")
                .at(format!("a window of {kernel} on {size}"));
        self.check_shape(bad, diagnostic);
        result
    }

    /// Nothing with weights can read a tensor whose alternatives have different layouts. Gives where
    /// they have different numbers of channels, which is reported here.
    pub fn needs_one_layout(&mut self, layout: &Layout) -> Vary {
        let Some(select) = layout.mixed else { return FALSE };
        let Some(clash) = self.clashes.get(&select) else { return FALSE };
        let path = self.decided_at(select);
        let operands = self.graph.operands(select);
        let shapes: Vec<String> =
            operands.iter().map(|&o| self.show(&self.graph.node(o).shape)).collect();
        let (code, message, bad) = if clash.bad == FALSE {
            let message =
                format!("the alternatives of `{path}` lay their channels out differently");
            ("E0320", message, TRUE)
        } else {
            let message = format!("the alternatives of `{path}` do not agree on their shape");
            ("E0312", message, clash.bad)
        };
        let differ = clash.bad;
        let odd = (1..shapes.len()).find(|&i| shapes[i] != shapes[0]).unwrap_or(shapes.len() - 1);
        let mut shown: Vec<&str> = vec![&shapes[odd]];
        let mut diagnostic = Diagnostic::error(code, clash.alternatives[odd], message)
            .at(format!("gives {}", shapes[odd]));
        for (shape, &origin) in shapes.iter().zip(&clash.alternatives) {
            if !shown.contains(&shape.as_str()) {
                diagnostic = diagnostic.label(origin, format!("gives {shape}"));
                shown.push(shape);
            }
        }
        diagnostic = if code == "E0320" {
            diagnostic
                .label(self.origin, "reads channels of one layout")
                .note("a smaller network uses the leading channels of every joined part")
        } else {
            diagnostic.label(self.origin, "needs the same channels from every alternative").help(
                "give the alternatives the same `out`, or guard one: `if x.channels == out { … }`",
            )
        };
        let bad = self.unspoilt(bad);
        let guard = self.graph.node(select).guard;
        self.pending.push(Check { bad, guard, node: Some(select), diagnostic, message: None });
        differ
    }

    /// The path of the decision that a select follows, or its own where it follows a condition.
    fn decided_at(&self, select: NodeId) -> Arc<str> {
        match self.graph.choice(select) {
            Some(decision) => self.graph.decision(decision).path.clone(),
            None => self.graph.node(select).path.clone(),
        }
    }

    /// Checks that channels are not made out of a tensor without any.
    pub fn makes_of_nothing(&mut self, out: Vary) {
        let zero = self.graph.diagrams.int(0);
        let channels = self.channels();
        let empty = self.op(Binary::Equal, channels, zero);
        let some = self.op(Binary::Less, zero, out);
        let bad = self.graph.diagrams.and(empty, some);
        if bad == FALSE {
            return;
        }
        let diagnostic = Diagnostic::error(
            "E0310",
            self.origin,
            "a convolution makes channels out of a tensor without channels",
        );
        self.check_input(bad, diagnostic);
    }

    /// Checks that the channels of the operand and those made can be divided into groups.
    pub fn divides_into(&mut self, groups: Vary, out: Vary) {
        let zero = self.graph.diagrams.int(0);
        for (name, channels) in [("input", self.channels()), ("out", out)] {
            let rest = self.op(Binary::Mod, channels, groups);
            let bad = self.graph.diagrams.differ(rest, zero);
            let fails = self.graph.diagrams.unary(Unary::IsFault, bad);
            let bad = self.graph.diagrams.ite(fails, FALSE, bad);
            if bad == FALSE {
                continue;
            }
            let shown = (self.show_value(channels), self.show_value(groups));
            let message = format!("the {name} channels cannot be divided into the groups");
            let diagnostic = Diagnostic::error("E0311", self.origin, message)
                .at(format!("{} channels, {} groups", shown.0, shown.1));
            self.check_input(bad, diagnostic);
        }
    }

    /// An attribute or dimension that failed in a network in which the node exists is an error.
    pub(super) fn check_faults(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let attributes = match &node.op {
            Op::Prim { attributes, .. } => attributes.as_slice(),
            Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => &[],
        };
        let values = node.shape.axes.iter().chain(attributes.iter().flat_map(|a| &a.values));
        let may_fail = |value: &&Vary| !self.graph.diagrams.is_sound(**value);
        let doubtful: Vec<Vary> = values.filter(may_fail).copied().collect();
        for value in doubtful {
            let bad = self.graph.diagrams.unary(Unary::IsFault, value);
            // What an argument out of range leads to is that argument's mistake.
            let bad = self.unspoilt(bad);
            let sound = self.graph.diagrams.not(self.spoils);
            let bad = self.graph.diagrams.and(sound, bad);
            if bad == FALSE {
                continue;
            }
            self.spoil(bad);
            let message = self
                .graph
                .diagrams
                .leaves(value)
                .into_iter()
                .find_map(|leaf| match leaf {
                    Leaf::Fault(fault) => Some(self.graph.diagrams.fault_message(fault).to_owned()),
                    _ => None,
                })
                .unwrap_or_default();
            let diagnostic = Diagnostic::error("E0308", self.origin, message);
            self.checks.push(Check {
                bad,
                guard: self.guard,
                node: Some(id),
                diagnostic,
                message: None,
            });
        }
    }
}
