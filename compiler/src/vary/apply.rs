//! Pointwise operations.

use super::{DecisionId, Diagrams, FALSE, Leaf, Options, TEXT_LIMIT, TRUE, Vary};

/// An operation on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// `-a`
    Negate,
    /// `not a`
    Not,
    /// `abs(a)`
    Abs,
    /// The largest integer not above `a`.
    Floor,
    /// The smallest integer not below `a`.
    Ceil,
    /// Towards zero.
    Trunc,
    /// To the nearest integer, halves away from zero.
    Round,
    /// An integer as a float.
    Widen,
    /// Whether the value failed here.
    IsFault,
}

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`; joins strings.
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`; exact on integers.
    Divide,
    /// Floored quotient.
    Div,
    /// What the floored quotient leaves.
    Mod,
    /// `a ** b`
    Power,
    /// The smaller.
    Min,
    /// The larger.
    Max,
    /// `a == b`
    Equal,
    /// `a < b`
    Less,
    /// `a and b`
    And,
    /// `a or b`
    Or,
}

impl Diagrams {
    /// `op` of `a` in every network.
    pub fn unary(&mut self, op: Unary, a: Vary) -> Vary {
        if let Some(&known) = self.unary_memo.get(&(op, a)) {
            return known;
        }
        let result = match self.branch(a) {
            Some((decision, children)) => {
                let children = Options::from_slice(children);
                let values: Options = children.into_iter().map(|c| self.unary(op, c)).collect();
                self.test(decision, &values)
            }
            None => self.unary_leaf(op, a),
        };
        self.unary_memo.insert((op, a), result);
        result
    }

    /// `a op b` in every network. A fault on either side stays, except under `and` and `or`, which
    /// look at the right side only where the left does not settle the answer.
    pub fn binary(&mut self, op: Binary, a: Vary, b: Vary) -> Vary {
        match op {
            Binary::And if a == FALSE => return FALSE,
            Binary::And if a == TRUE => return b,
            Binary::Or if a == TRUE => return TRUE,
            Binary::Or if a == FALSE => return b,
            Binary::And if b == TRUE => return a,
            Binary::Or if b == FALSE => return a,
            Binary::And | Binary::Or if a == b => return a,
            _ => {}
        }
        if let Some(&known) = self.binary_memo.get(&(op, a, b)) {
            return known;
        }
        let result = match self.first_decision(&[a, b]) {
            Some(_) if self.is_overworked() => return self.overflow(),
            Some(decision) => {
                let values: Options = (0..self.arity(decision))
                    .map(|option| {
                        let (a, b) =
                            (self.child(a, decision, option), self.child(b, decision, option));
                        self.binary(op, a, b)
                    })
                    .collect();
                self.test(decision, &values)
            }
            None => self.binary_leaf(op, a, b),
        };
        self.binary_memo.insert((op, a, b), result);
        result
    }

    /// `yes` where `condition` holds, else `no`; a failed condition stays.
    pub fn ite(&mut self, condition: Vary, yes: Vary, no: Vary) -> Vary {
        if condition == TRUE || yes == no && self.is_sound(condition) {
            return yes;
        }
        if condition == FALSE {
            return no;
        }
        if let Some(&known) = self.choice_memo.get(&(condition, yes, no)) {
            return known;
        }
        let result = match self.first_decision(&[condition, yes, no]) {
            Some(_) if self.is_overworked() => return self.overflow(),
            Some(decision) if self.branch(condition).is_some() => {
                let values: Options = (0..self.arity(decision))
                    .map(|option| {
                        let condition = self.child(condition, decision, option);
                        let yes = self.child(yes, decision, option);
                        let no = self.child(no, decision, option);
                        self.ite(condition, yes, no)
                    })
                    .collect();
                self.test(decision, &values)
            }
            _ => condition,
        };
        self.choice_memo.insert((condition, yes, no), result);
        result
    }

    /// `a and b`.
    pub fn and(&mut self, a: Vary, b: Vary) -> Vary {
        self.binary(Binary::And, a, b)
    }

    /// `a or b`.
    pub fn or(&mut self, a: Vary, b: Vary) -> Vary {
        self.binary(Binary::Or, a, b)
    }

    /// `not a`.
    pub fn not(&mut self, a: Vary) -> Vary {
        self.unary(Unary::Not, a)
    }

    /// Where `a` and `b` differ.
    pub fn differ(&mut self, a: Vary, b: Vary) -> Vary {
        if a == b {
            return FALSE;
        }
        let equal = self.binary(Binary::Equal, a, b);
        self.not(equal)
    }

    /// `value` where `guard` holds, absent elsewhere.
    pub fn where_(&mut self, guard: Vary, value: Vary) -> Vary {
        let absent = self.leaf(Leaf::Absent);
        self.ite(guard, value, absent)
    }

    /// `alternatives[on]` in every network; out of range is a fault.
    pub fn select(&mut self, on: Vary, alternatives: &[Vary]) -> Vary {
        let mut result = self.fault("the index is out of range");
        for (index, &alternative) in alternatives.iter().enumerate().rev() {
            let index = self.int(index as i64);
            let here = self.binary(Binary::Equal, on, index);
            result = self.ite(here, alternative, result);
        }
        result
    }

    /// `f` of every leaf; `f` must be pure. Not remembered between calls.
    pub fn map(&mut self, value: Vary, f: &mut dyn FnMut(&mut Self, &Leaf) -> Vary) -> Vary {
        let mut memo = rustc_hash::FxHashMap::default();
        self.map_inner(value, f, &mut memo)
    }

    fn map_inner(
        &mut self,
        value: Vary,
        f: &mut dyn FnMut(&mut Self, &Leaf) -> Vary,
        memo: &mut rustc_hash::FxHashMap<Vary, Vary>,
    ) -> Vary {
        if let Some(&known) = memo.get(&value) {
            return known;
        }
        let result = match self.branch(value) {
            Some((decision, children)) => {
                let children = Options::from_slice(children);
                let values: Options =
                    children.into_iter().map(|c| self.map_inner(c, f, memo)).collect();
                self.test_anywhere(decision, &values)
            }
            None => {
                let leaf = self.leaf_of(value);
                f(self, &leaf)
            }
        };
        memo.insert(value, result);
        result
    }

    /// `value` in the networks where `decision` takes `option`.
    pub fn restrict(&mut self, value: Vary, decision: DecisionId, option: u32) -> Vary {
        let mut memo = rustc_hash::FxHashMap::default();
        self.restrict_inner(value, decision, option, &mut memo)
    }

    fn restrict_inner(
        &mut self,
        value: Vary,
        decision: DecisionId,
        option: u32,
        memo: &mut rustc_hash::FxHashMap<Vary, Vary>,
    ) -> Vary {
        let Some((tested, children)) = self.branch(value).filter(|(d, _)| *d <= decision) else {
            return value;
        };
        if tested == decision {
            return children.get(option as usize).copied().unwrap_or(value);
        }
        if let Some(&known) = memo.get(&value) {
            return known;
        }
        let children = Options::from_slice(children);
        let values: Options = children
            .into_iter()
            .map(|child| self.restrict_inner(child, decision, option, memo))
            .collect();
        let result = self.test(tested, &values);
        memo.insert(value, result);
        result
    }

    /// Like [`Self::test`] for children that may depend on earlier decisions.
    fn test_anywhere(&mut self, decision: DecisionId, values: &[Vary]) -> Vary {
        let later =
            |this: &Self, value: Vary| this.branch(value).is_none_or(|(child, _)| child > decision);
        if values.iter().all(|&value| later(self, value)) {
            self.test(decision, values)
        } else {
            self.choose(decision, values)
        }
    }

    /// The first decision that any of `values` tests.
    pub fn first_decision(&self, values: &[Vary]) -> Option<DecisionId> {
        values.iter().filter_map(|&value| self.branch(value).map(|(decision, _)| decision)).min()
    }

    /// `value` where `decision`, which is not after its first test, takes `option`.
    pub fn child(&self, value: Vary, decision: DecisionId, option: u32) -> Vary {
        match self.branch(value) {
            Some((tested, children)) if tested == decision => {
                children.get(option as usize).copied().unwrap_or(value)
            }
            _ => value,
        }
    }

    fn unary_leaf(&mut self, op: Unary, a: Vary) -> Vary {
        let leaf = self.leaf_of(a);
        if op == Unary::IsFault {
            return self.boolean(matches!(leaf, Leaf::Fault(_)));
        }
        let rounded = |value: f64| (value.abs() < 9.2e18).then_some(Leaf::Int(value as i64));
        let result = match (op, &leaf) {
            (_, Leaf::Fault(_) | Leaf::Absent)
            | (Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round, Leaf::Int(_)) => return a,
            (Unary::Negate, Leaf::Int(v)) => v.checked_neg().map(Leaf::Int),
            (Unary::Negate, Leaf::Float(v)) => Some(Leaf::float(-v.value())),
            (Unary::Not, Leaf::Bool(v)) => Some(Leaf::Bool(!v)),
            (Unary::Abs, Leaf::Int(v)) => v.checked_abs().map(Leaf::Int),
            (Unary::Abs, Leaf::Float(v)) => Some(Leaf::float(v.value().abs())),
            (Unary::Floor, Leaf::Float(v)) => rounded(v.value().floor()),
            (Unary::Ceil, Leaf::Float(v)) => rounded(v.value().ceil()),
            (Unary::Trunc, Leaf::Float(v)) => rounded(v.value().trunc()),
            (Unary::Round, Leaf::Float(v)) => rounded(v.value().round()),
            (Unary::Widen, _) => leaf.as_float().map(Leaf::float),
            _ => return self.fault(format!("`{}` does not apply to `{leaf}`", op.name())),
        };
        match result {
            Some(result) => self.leaf(result),
            None => self.fault(format!("`{}` of {leaf} does not fit 64 bits", op.name())),
        }
    }

    fn binary_leaf(&mut self, op: Binary, a: Vary, b: Vary) -> Vary {
        let (left, right) = (self.leaf_of(a), self.leaf_of(b));
        for (leaf, handle) in [(&left, a), (&right, b)] {
            if matches!(leaf, Leaf::Fault(_) | Leaf::Absent) {
                return handle;
            }
        }
        match combine(op, &left, &right) {
            Ok(leaf) => self.leaf(leaf),
            Err(message) => self.fault(message),
        }
    }
}

impl Unary {
    fn name(self) -> &'static str {
        match self {
            Self::Negate => "-",
            Self::Not => "not",
            Self::Abs => "abs",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Trunc => "trunc",
            Self::Round => "round",
            Self::Widen => "float",
            Self::IsFault => "fails",
        }
    }
}

fn combine(op: Binary, left: &Leaf, right: &Leaf) -> Result<Leaf, String> {
    match (left, right) {
        (Leaf::Int(a), Leaf::Int(b)) => integers(op, *a, *b),
        (Leaf::Int(_) | Leaf::Float(_), Leaf::Int(_) | Leaf::Float(_)) => {
            match (left.as_float(), right.as_float()) {
                (Some(a), Some(b)) => floats(op, a, b),
                _ => Err(mismatch(left, right)),
            }
        }
        (Leaf::Bool(a), Leaf::Bool(b)) => match op {
            Binary::And => Ok(Leaf::Bool(*a && *b)),
            Binary::Or => Ok(Leaf::Bool(*a || *b)),
            Binary::Equal => Ok(Leaf::Bool(a == b)),
            _ => Err(mismatch(left, right)),
        },
        (Leaf::Str(a), Leaf::Str(b)) => match op {
            Binary::Equal => Ok(Leaf::Bool(a == b)),
            Binary::Add if a.len() + b.len() > TEXT_LIMIT => {
                Err(format!("the string is longer than {TEXT_LIMIT} bytes"))
            }
            Binary::Add => Ok(Leaf::text(&format!("{a}{b}"))),
            _ => Err(mismatch(left, right)),
        },
        _ => Err(mismatch(left, right)),
    }
}

fn mismatch(left: &Leaf, right: &Leaf) -> String {
    format!("the operation does not apply to `{left}` and `{right}`")
}

fn integers(op: Binary, a: i64, b: i64) -> Result<Leaf, String> {
    let zero = || format!("{a} is divided by zero");
    let result = match op {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide | Binary::Div | Binary::Mod if b == 0 => return Err(zero()),
        Binary::Divide if a.checked_rem(b) != Some(0) => {
            return Err(format!("{a} / {b} is not a whole number; `div` rounds down"));
        }
        Binary::Divide => a.checked_div(b),
        Binary::Div => a.checked_div_euclid(b).map(|q| {
            // Euclid's quotient rounds up for a negative divisor; the language floors.
            if b < 0 && a.rem_euclid(b) != 0 { q - 1 } else { q }
        }),
        // Wrapping matters for the smallest integer by -1 alone, where nothing is left.
        Binary::Mod => {
            let left = a.wrapping_rem_euclid(b);
            Some(if b < 0 && left != 0 { left + b } else { left })
        }
        Binary::Power => match u32::try_from(b) {
            Ok(exponent) => a.checked_pow(exponent),
            Err(_) if b < 0 => {
                return Err(format!("{a} ** {b} is not a whole number; write a float base"));
            }
            Err(_) => None,
        },
        Binary::Min => Some(a.min(b)),
        Binary::Max => Some(a.max(b)),
        Binary::Equal => return Ok(Leaf::Bool(a == b)),
        Binary::Less => return Ok(Leaf::Bool(a < b)),
        Binary::And | Binary::Or => return Err(mismatch(&Leaf::Int(a), &Leaf::Int(b))),
    };
    result.map(Leaf::Int).ok_or_else(|| "the number does not fit 64 bits".to_owned())
}

fn floats(op: Binary, a: f64, b: f64) -> Result<Leaf, String> {
    let value = match op {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide | Binary::Div | Binary::Mod if b == 0.0 => {
            return Err(format!("{a} is divided by zero"));
        }
        Binary::Divide => a / b,
        Binary::Div => (a / b).floor(),
        Binary::Mod => a - b * (a / b).floor(),
        Binary::Power => a.powf(b),
        Binary::Min => a.min(b),
        Binary::Max => a.max(b),
        Binary::Equal => return Ok(Leaf::Bool(a == b)),
        Binary::Less => return Ok(Leaf::Bool(a < b)),
        Binary::And | Binary::Or => return Err(mismatch(&Leaf::float(a), &Leaf::float(b))),
    };
    if value.is_finite() {
        Ok(Leaf::float(value))
    } else {
        Err("the number is not finite".to_owned())
    }
}
