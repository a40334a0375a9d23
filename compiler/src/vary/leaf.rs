//! What a varying value is in one network.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A failed operation, by its place in the table of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(pub u32);

/// Why an operation has no result in some networks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fault {
    /// One lower-case sentence.
    pub message: String,
}

/// An f64 that can be compared and hashed: by its bits, with one zero and one NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Real(u64);

impl Real {
    /// The number as an f64.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Real {
    fn from(value: f64) -> Self {
        if value == 0.0 {
            Self(0)
        } else if value.is_nan() {
            Self(f64::NAN.to_bits())
        } else {
            Self(value.to_bits())
        }
    }
}

/// What a varying value is in one network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Leaf {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(Real),
    /// A string.
    Str(Arc<str>),
    /// The operation that should have given the value failed here.
    Fault(FaultId),
    /// The value does not exist here: its guard does not hold.
    Absent,
}

/// Which sorts of leaves a value has over all networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorts(u8);

impl Sorts {
    /// Truth values.
    pub const BOOL: Self = Self(1);
    /// Integers.
    pub const INT: Self = Self(2);
    /// Floating-point numbers.
    pub const FLOAT: Self = Self(4);
    /// Strings.
    pub const STR: Self = Self(8);
    const FAULT: Self = Self(16);
    const ABSENT: Self = Self(32);

    pub(super) fn of(leaf: &Leaf) -> Self {
        match leaf {
            Leaf::Bool(_) => Self::BOOL,
            Leaf::Int(_) => Self::INT,
            Leaf::Float(_) => Self::FLOAT,
            Leaf::Str(_) => Self::STR,
            Leaf::Fault(_) => Self::FAULT,
            Leaf::Absent => Self::ABSENT,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of the leaves is of that sort.
    pub fn contains(self, sort: Self) -> bool {
        self.0 & sort.0 != 0
    }

    /// Whether no leaf is a fault or absent.
    pub fn are_sound(self) -> bool {
        self.0 != 0 && !self.contains(Self::FAULT.or(Self::ABSENT))
    }
}

impl Leaf {
    /// A floating-point leaf.
    pub fn float(value: f64) -> Self {
        Self::Float(Real::from(value))
    }

    /// A string leaf.
    pub fn text(value: &str) -> Self {
        Self::Str(Arc::from(value))
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(_) | Self::Float(_) | Self::Str(_) | Self::Fault(_) | Self::Absent => None,
        }
    }

    /// The number as an f64, if it is an integer or a float.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(value.value()),
            Self::Bool(_) | Self::Str(_) | Self::Fault(_) | Self::Absent => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Int(_) | Self::Float(_) | Self::Str(_) | Self::Fault(_) | Self::Absent => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(value) => Some(value),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Fault(_) | Self::Absent => None,
        }
    }
}

/// The leaf as the language would write it.
impl std::fmt::Display for Leaf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{:?}", value.value()),
            Self::Str(value) => write!(f, "{value}"),
            Self::Fault(_) => f.write_str("error"),
            Self::Absent => f.write_str("absent"),
        }
    }
}
