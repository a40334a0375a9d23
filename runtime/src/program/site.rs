//! One operation in one architecture: its attributes as plain values.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Attribute, Graph, Kind, Node, NodeId, ParamId, Role, Vary};
use nasc_compiler::vary::{Leaf, Real};

use super::{Cut, ProgramError};

/// Where a primitive stands, to be asked for what it needs.
#[derive(Clone)]
pub(super) struct Site<'a> {
    pub graph: &'a Graph,
    pub arch: &'a Arch,
    pub node: &'a Node,
    pub kind: Kind,
    pub attributes: &'a [Attribute],
    /// The operands that the architecture has.
    pub operands: &'a [NodeId],
}

impl Site<'_> {
    pub fn int(&self, name: &str) -> Result<i64, ProgramError> {
        self.one(name)?.as_int().ok_or_else(|| self.undefined(name))
    }

    pub fn ints(&self, name: &str) -> Result<Vec<i64>, ProgramError> {
        let values = self.values(name)?;
        values.iter().map(|&value| self.axis(value, name)).collect()
    }

    pub fn real(&self, name: &str) -> Result<Real, ProgramError> {
        self.one(name)?.as_float().map(Real::from).ok_or_else(|| self.undefined(name))
    }

    pub fn flag(&self, name: &str) -> Result<bool, ProgramError> {
        self.one(name)?.as_bool().ok_or_else(|| self.undefined(name))
    }

    pub fn text(&self, name: &str) -> Result<&str, ProgramError> {
        self.one(name)?.as_str().ok_or_else(|| self.undefined(name))
    }

    /// Whether the attribute was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| &*attribute.name == name)
    }

    /// The used part of the parameter of that role, if the operation has one.
    pub fn param(&self, role: Role) -> Option<Cut> {
        self.params(role).into_iter().next()
    }

    /// The used parts of all parameters of that role, in their order.
    pub fn params(&self, role: Role) -> Vec<Cut> {
        self.used(role).map(|id| Cut::of(self.graph, self.arch, id)).collect()
    }

    /// The used part of a convolution's weight, through the matrices between kernel sizes if there are any.
    pub fn kernel(&self, role: Role) -> Result<Cut, ProgramError> {
        let id = self.used(role).next().ok_or_else(|| self.undefined(role.name()))?;
        let matrices: Vec<ParamId> = self.used(Role::Transform).collect();
        Ok(Cut::of_kernel(self.graph, self.arch, id, &matrices))
    }

    /// The parameters of that role, of several copies the one that the architecture uses.
    fn used(&self, role: Role) -> impl Iterator<Item = ParamId> {
        self.node.params.iter().copied().filter(move |&id| {
            let param = self.graph.param(id);
            param.role == role && self.graph.holds(param.when, self.arch)
        })
    }

    /// The used part of a parameter that the operation cannot do without.
    pub fn need(&self, role: Role) -> Result<Cut, ProgramError> {
        self.param(role).ok_or_else(|| self.undefined(role.name()))
    }

    /// The result's shape without the batch axis.
    pub fn shape(&self) -> Result<Vec<i64>, ProgramError> {
        self.node.shape.axes.iter().map(|&axis| self.axis(axis, "shape")).collect()
    }

    /// An operand's shape without the batch axis.
    pub fn operand_shape(&self, number: usize) -> Result<Vec<i64>, ProgramError> {
        let Some(&operand) = self.operands.get(number) else {
            return Err(self.undefined("operand"));
        };
        let shape = &self.graph.node(operand).shape;
        shape.axes.iter().map(|&axis| self.axis(axis, "operand")).collect()
    }

    pub fn undefined(&self, what: &str) -> ProgramError {
        ProgramError::Undefined { path: self.node.path.to_string(), what: what.to_owned() }
    }

    fn axis(&self, value: Vary, what: &str) -> Result<i64, ProgramError> {
        self.graph.value(value, self.arch).as_int().ok_or_else(|| self.undefined(what))
    }

    fn one(&self, name: &str) -> Result<&Leaf, ProgramError> {
        match self.values(name)? {
            [value, ..] => Ok(self.graph.value(*value, self.arch)),
            [] => Err(self.undefined(name)),
        }
    }

    fn values(&self, name: &str) -> Result<&[Vary], ProgramError> {
        let found = self.attributes.iter().find(|attribute| &*attribute.name == name);
        found.map(|attribute| &*attribute.values).ok_or_else(|| self.undefined(name))
    }
}
