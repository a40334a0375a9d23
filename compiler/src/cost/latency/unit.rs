//! What runs as one: an operation and those behind it that only change its result in place.
//!
//! A unit begins with any operation. What follows it in a network belongs to it as long as nothing else
//! reads what is between: batch normalisations, activations, learned or constant factors and shifts, the
//! addition of another tensor of the result's shape, and a bypass, which puts carried channels behind
//! it. Of the two sides of an addition the one whose unit begins later takes it: the other is there by
//! then. `dropout`, `drop_path`, `flatten`, `identity` and `zero` are nothing at inference.
//!
//! Which operations run as one may differ from network to network: the beginning of a unit and what
//! follows are values that vary, kept for every tensor.

use super::readers::{parts, reads, single_reader};
use crate::ir::{Kind, Node, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, Leaf, Vary};

/// The lead of a tensor behind which nothing can be put.
const NOTHING: i64 = -1;

/// Operations that run as one in some networks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// The first operation.
    pub lead: NodeId,
    /// Where these operations exist and run as one.
    pub presence: Vary,
    /// What follows the first: `bn,relu6,add`.
    pub tail: Vary,
}

/// The units of a space.
pub(super) struct Found {
    /// The units, in the order in which they end. In every network each operation that is something at
    /// inference is part of exactly one.
    pub units: Vec<Unit>,
    /// Per node, the first operation of the unit that its result belongs to, by number; -1 for what passes
    /// on its operand, and for selects.
    pub lead: Vec<Vary>,
}

/// Finds the units of a space.
pub(super) fn found(space: &Checked, diagrams: &mut Diagrams) -> Found {
    let mut walk = Walk::new(space, diagrams);
    for (id, node) in space.nodes() {
        walk.follow(id, node);
    }
    let units = walk.ends();
    Found { units, lead: walk.lead }
}

struct Walk<'a> {
    space: &'a Checked,
    diagrams: &'a mut Diagrams,
    single: Vec<Vary>,
    /// Per node, the first operation of the unit that its result belongs to, by number.
    lead: Vec<Vary>,
    /// The same where another operation can be put behind it.
    open: Vec<Vary>,
    tail: Vec<Vary>,
    /// Per node and operand, where the node belongs to that operand's unit.
    joins: Vec<[Vary; 2]>,
}

impl<'a> Walk<'a> {
    fn new(space: &'a Checked, diagrams: &'a mut Diagrams) -> Self {
        let single = single_reader(space, diagrams);
        let nothing = diagrams.int(NOTHING);
        let empty = diagrams.text("");
        let nodes = space.node_bound();
        Self {
            space,
            diagrams,
            single,
            lead: vec![nothing; nodes],
            open: vec![nothing; nodes],
            tail: vec![empty; nodes],
            joins: vec![[FALSE; 2]; nodes],
        }
    }

    fn follow(&mut self, id: NodeId, node: &Node) {
        let at = id.index();
        match &node.op {
            Op::Input { .. } | Op::Output { .. } | Op::Prim { kind: Kind::Zero, .. } => return,
            Op::Select { on } => {
                let operands = self.space.operands(id);
                let taken = |of: &[Vary]| -> Vec<Vary> {
                    operands.iter().map(|operand| of[operand.index()]).collect()
                };
                let (open, tail) = (taken(&self.open), taken(&self.tail));
                let (nothing, empty) = (self.diagrams.int(NOTHING), self.diagrams.text(""));
                let open = self.diagrams.select(*on, &open);
                let tail = self.diagrams.select(*on, &tail);
                self.open[at] = self.diagrams.ite(node.presence, open, nothing);
                self.tail[at] = self.diagrams.ite(node.presence, tail, empty);
                return;
            }
            Op::Prim { kind: Kind::Add, .. } => self.add(id, node),
            Op::Prim { kind: Kind::Bypass, .. } => self.bypass(id, node),
            Op::Prim { kind, .. } => match follower(self.space, id, *kind) {
                Some((token, values)) => {
                    let joins = self.is_open(id, 0);
                    let joins = self.diagrams.and(joins, node.presence);
                    self.join(id, 0, joins, &values, &token);
                    // What is nothing at inference begins no unit.
                    let own = i64::from(id.0);
                    let alone = self.diagrams.combine(node.presence, &values, &mut |leaves| {
                        let is_nothing = token(leaves).is_some_and(|token| token.is_empty());
                        Leaf::Int(if is_nothing { NOTHING } else { own })
                    });
                    let nothing = self.diagrams.int(NOTHING);
                    let alone = self.diagrams.ite(node.presence, alone, nothing);
                    self.begin(id, joins, alone);
                }
                None => self.begin_own(id, FALSE),
            },
        }
        let single = self.diagrams.and(node.presence, self.single[at]);
        let nothing = self.diagrams.int(NOTHING);
        self.open[at] = self.diagrams.ite(single, self.lead[at], nothing);
    }

    /// Where something can be put behind an operand.
    fn is_open(&mut self, id: NodeId, port: usize) -> Vary {
        let Some(operand) = self.space.operands(id).get(port).copied() else { return FALSE };
        let nothing = self.diagrams.int(NOTHING);
        self.diagrams.differ(self.open[operand.index()], nothing)
    }

    /// Puts a node behind the unit of one of its operands where `joins` holds.
    fn join(
        &mut self,
        id: NodeId,
        port: usize,
        joins: Vary,
        values: &[Vary],
        token: &dyn Fn(&[Leaf]) -> Option<String>,
    ) {
        let at = id.index();
        let operand = self.space.operands(id)[port].index();
        self.joins[at][port] = joins;
        self.lead[at] = self.diagrams.ite(joins, self.open[operand], self.lead[at]);
        let mut all = vec![self.tail[operand]];
        all.extend_from_slice(values);
        let tail = self.diagrams.combine(joins, &all, &mut |leaves| {
            let before = leaves.first().and_then(Leaf::as_str).unwrap_or_default();
            match token(&leaves[1..]) {
                Some(token) if token.is_empty() => Leaf::text(before),
                Some(token) if before.is_empty() => Leaf::text(&token),
                Some(token) => Leaf::text(&format!("{before},{token}")),
                None => Leaf::Absent,
            }
        });
        self.tail[at] = self.diagrams.ite(joins, tail, self.tail[at]);
    }

    /// Lets a node begin a unit of its own where it joins none.
    fn begin(&mut self, id: NodeId, joins: Vary, lead: Vary) {
        let at = id.index();
        self.lead[at] = self.diagrams.ite(joins, self.lead[at], lead);
    }

    fn begin_own(&mut self, id: NodeId, joins: Vary) {
        let own = self.diagrams.int(i64::from(id.0));
        self.begin(id, joins, own);
    }

    fn add(&mut self, id: NodeId, node: &Node) {
        let operands = self.space.operands(id);
        let nothing = self.diagrams.int(NOTHING);
        // The lead of each side that has the result's shape, and could take the addition.
        let mut leads = Vec::new();
        for operand in &operands {
            let mut fits = node.presence;
            for (&a, &b) in self.space.node(*operand).shape.axes.iter().zip(&node.shape.axes) {
                let equal = self.diagrams.binary(Binary::Equal, a, b);
                fits = self.diagrams.and(fits, equal);
            }
            leads.push(self.diagrams.ite(fits, self.open[operand.index()], nothing));
        }
        let [left, right] = leads[..] else { return self.begin_own(id, FALSE) };
        let later = self.diagrams.binary(Binary::Less, left, right);
        let by_right = self.diagrams.and(node.presence, later);
        let first = self.diagrams.differ(left, nothing);
        let not_later = self.diagrams.not(later);
        let by_left = self.diagrams.and(first, not_later);
        let by_left = self.diagrams.and(node.presence, by_left);
        for (port, joins) in [(0, by_left), (1, by_right)] {
            let other = self.space.node(operands[1 - port]).shape.axes.clone();
            let count = other.len();
            let values = [other, node.shape.axes.clone()].concat();
            self.join(id, port, joins, &values, &|leaves| {
                let (other, own) = leaves.split_at_checked(count)?;
                Some(if other == own { "add".to_owned() } else { format!("add:{}", dims(other)) })
            });
        }
        let joins = self.diagrams.or(by_left, by_right);
        self.begin_own(id, joins);
    }

    /// A bypass that keeps or carries nothing is the other operand itself.
    fn bypass(&mut self, id: NodeId, node: &Node) {
        let nothing_added = |_: &[Leaf]| Some(String::new());
        let Some((computes, carries)) = parts(self.space, self.diagrams, id) else {
            let joins = self.is_open(id, 0);
            self.join(id, 0, joins, &[], &nothing_added);
            let nothing = self.diagrams.int(NOTHING);
            return self.begin(id, joins, nothing);
        };
        let Op::Prim { attributes, .. } = &node.op else { return };
        let values: Vec<Vary> = attributes.iter().flat_map(|a| a.values.clone()).collect();
        let open = self.is_open(id, 0);
        let joins = self.diagrams.and(open, computes);
        let joins = self.diagrams.and(node.presence, joins);
        self.join(id, 0, joins, &values, &|leaves| {
            let [keep, until] = leaves else { return None };
            let carried = until.as_int()? - keep.as_int()?;
            Some(if carried > 0 { format!("bypass:{carried}") } else { String::new() })
        });
        let open = self.is_open(id, 1);
        let computes_nothing = self.diagrams.not(computes);
        let passes = self.diagrams.and(open, computes_nothing);
        let passes = self.diagrams.and(node.presence, passes);
        self.join(id, 1, passes, &[], &nothing_added);
        // Behind what others read too, both parts make it an operation.
        let both = self.diagrams.and(computes, carries);
        let (own, nothing) = (self.diagrams.int(i64::from(id.0)), self.diagrams.int(NOTHING));
        let alone = self.diagrams.ite(both, own, nothing);
        let joined = self.diagrams.or(joins, passes);
        self.begin(id, joined, alone);
    }

    /// The units, by where they end.
    fn ends(&mut self) -> Vec<Unit> {
        let mut taken = vec![FALSE; self.space.node_bound()];
        let mut found = Vec::new();
        for id in self.space.node_ids().into_iter().rev() {
            let mut goes_on = FALSE;
            for (user, port) in self.space.users(id) {
                let here = match self.space.node(user).op {
                    Op::Select { .. } => {
                        let reads = reads(self.space, self.diagrams, user, port);
                        self.diagrams.and(reads, taken[user.index()])
                    }
                    Op::Prim { .. } => {
                        self.joins[user.index()].get(port as usize).copied().unwrap_or(FALSE)
                    }
                    Op::Input { .. } | Op::Output { .. } => FALSE,
                };
                goes_on = self.diagrams.or(goes_on, here);
            }
            taken[id.index()] = goes_on;
            let node = self.space.node(id);
            if matches!(node.op, Op::Prim { .. }) {
                let ends = self.diagrams.not(goes_on);
                let ends = self.diagrams.and(node.presence, ends);
                found.extend(self.ending(id, ends));
            }
        }
        found.reverse();
        found
    }

    fn ending(&mut self, id: NodeId, ends: Vary) -> Vec<Unit> {
        let lead = self.lead[id.index()];
        let leads: Vec<i64> =
            self.diagrams.leaves_where(ends, lead).iter().filter_map(Leaf::as_int).collect();
        let mut found = Vec::new();
        for number in leads.into_iter().rev() {
            let Ok(first) = u32::try_from(number) else { continue };
            let number = self.diagrams.int(number);
            let here = self.diagrams.binary(Binary::Equal, lead, number);
            let presence = self.diagrams.and(ends, here);
            found.push(Unit { lead: NodeId(first), presence, tail: self.tail[id.index()] });
        }
        found
    }
}

/// What makes the token of a follower from the leaves of its values; an empty one for what is nothing
/// at inference.
type Token = Box<dyn Fn(&[Leaf]) -> Option<String>>;

/// The token of an operation that can follow another one's result in place, and the values that it goes
/// by; `None` for operations that begin a unit always.
fn follower(space: &Checked, id: NodeId, kind: Kind) -> Option<(Token, Vec<Vary>)> {
    let word = |word: &'static str| -> Token { Box::new(move |_| Some(word.to_owned())) };
    Some(match kind {
        Kind::Dropout | Kind::DropPath | Kind::Identity | Kind::Flatten => (word(""), Vec::new()),
        Kind::Bn | Kind::Gain | Kind::Offset | Kind::Scale => (word(kind.name()), Vec::new()),
        Kind::Act => {
            let Op::Prim { attributes, .. } = &space.node(id).op else { return None };
            let values = attributes.iter().flat_map(|a| a.values.clone()).collect();
            let token = |leaves: &[Leaf]| match leaves {
                [Leaf::Str(kind)] if &**kind == "identity" => Some(String::new()),
                [Leaf::Str(kind)] => Some(kind.to_string()),
                _ => Some(Kind::Act.name().to_owned()),
            };
            (Box::new(token), values)
        }
        _ => return None,
    })
}

/// Dimensions as keys write them: `16x112x112`.
pub(super) fn dims(leaves: &[Leaf]) -> String {
    let shown: Vec<String> = leaves.iter().map(ToString::to_string).collect();
    shown.join("x")
}
