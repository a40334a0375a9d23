//! What names make of their arguments: dicts, storages and tensors.

use super::Machine;
use crate::pth::error::PthError;
use crate::pth::global::Global;
use crate::pth::value::{Value, ValueId};
use crate::pth::view::{Storage, View};

/// More axes than libtorch's own tensors have.
const MOST_AXES: usize = 64;

impl<'a> Machine<'a> {
    pub(super) fn call(
        &mut self,
        function: ValueId,
        arguments: ValueId,
    ) -> Result<ValueId, PthError> {
        let Value::Global(global) = *self.value(function) else {
            return Err(self.corrupt("it calls what is no function"));
        };
        let Value::Tuple(arguments) = self.value(arguments) else {
            return Err(self.corrupt("it calls a function without a tuple"));
        };
        let first = arguments.first().copied();
        match global {
            Global::OrderedDict => {
                let items = match first {
                    Some(list) => self.pairs(list)?,
                    None => Vec::new(),
                };
                self.spend(items.len())?;
                self.make(Value::Dict(items))
            }
            Global::RebuildTensor => {
                let view = self.view(arguments)?;
                self.spend(view.shape.len())?;
                self.make(Value::Tensor(view))
            }
            Global::RebuildParameter => match first {
                Some(tensor) if matches!(self.value(tensor), Value::Tensor(_)) => Ok(tensor),
                _ => Err(self.corrupt("a parameter is made of what is no tensor")),
            },
            Global::Size => match first {
                Some(axes) if matches!(self.value(axes), Value::Tuple(_)) => Ok(axes),
                _ => Err(self.corrupt("a shape is made of what is no tuple")),
            },
            Global::Storage(_) => Err(self.corrupt("it makes a storage of nothing")),
        }
    }

    /// The items of an ordered dict as Python 2 wrote them, a list of pairs.
    fn pairs(&self, list: ValueId) -> Result<Vec<(ValueId, ValueId)>, PthError> {
        let items = match self.value(list) {
            Value::List(items) => items.iter(),
            _ => return Err(self.corrupt("an ordered dict is made of what is no list")),
        };
        let pair = |item: &ValueId| match self.value(*item) {
            Value::List(pair) | Value::Tuple(pair) => match pair[..] {
                [key, value] => Ok((key, value)),
                _ => Err(self.corrupt("an ordered dict is made of what are no pairs")),
            },
            _ => Err(self.corrupt("an ordered dict is made of what are no pairs")),
        };
        items.map(pair).collect()
    }

    fn view(&self, arguments: &[ValueId]) -> Result<View<'a>, PthError> {
        let [storage, offset, shape, strides, ..] = arguments else {
            return Err(self.corrupt("a tensor lacks its storage, offset, shape or strides"));
        };
        let Value::Storage(storage) = *self.value(*storage) else {
            return Err(self.corrupt("a tensor lies in what is no storage"));
        };
        let offset = self.size(*offset, "the offset of a tensor")?;
        let shape = self.sizes(*shape, "the shape of a tensor")?;
        let strides = self.sizes(*strides, "the strides of a tensor")?;
        if shape.len() != strides.len() || shape.len() > MOST_AXES {
            let (axes, steps) = (shape.len(), strides.len());
            return Err(self.corrupt(format!("a tensor has {axes} axes and {steps} strides")));
        }
        Ok(View { storage, offset, shape, strides })
    }

    fn size(&self, id: ValueId, what: &str) -> Result<usize, PthError> {
        match self.value(id) {
            Value::Int(value) => usize::try_from(*value)
                .map_err(|_| self.corrupt(format!("{what} has the negative number {value}"))),
            _ => Err(self.corrupt(format!("{what} is no integer"))),
        }
    }

    fn sizes(&self, id: ValueId, what: &str) -> Result<Vec<usize>, PthError> {
        match self.value(id) {
            Value::Tuple(items) | Value::List(items) if items.len() <= MOST_AXES => {
                items.iter().map(|item| self.size(*item, what)).collect()
            }
            Value::Tuple(items) | Value::List(items) => {
                Err(self.corrupt(format!("{what} has {} numbers", items.len())))
            }
            _ => Err(self.corrupt(format!("{what} is no tuple"))),
        }
    }

    /// `('storage', class, key, place, elements)`, in the old format with a part of it at the end: `None`, or
    /// `(name, first element, elements)`.
    pub(super) fn storage(&self, id: ValueId) -> Result<Storage<'a>, PthError> {
        let Value::Tuple(parts) = self.value(id) else {
            return Err(self.corrupt("a storage is named by what is no tuple"));
        };
        let [kind, class, key, place, whole, ref part @ ..] = parts[..] else {
            return Err(self.corrupt("a storage lacks its class, key, place or length"));
        };
        let head = [kind, class, key, place].map(|part| self.value(part));
        let [
            Value::Str("storage"),
            Value::Global(Global::Storage(dtype)),
            Value::Str(key),
            Value::Str(_),
        ] = head
        else {
            return Err(self.corrupt("a storage has another name than storages have"));
        };
        let whole = self.size(whole, "the length of a storage")?;
        let (mut start, mut length) = (0, whole);
        if let Some(Value::Tuple(part)) = part.first().map(|part| self.value(*part)) {
            let [_, first, count] = part[..] else {
                return Err(self.corrupt("a part of a storage has no beginning or no length"));
            };
            start = self.size(first, "the beginning of a part of a storage")?;
            length = self.size(count, "the length of a part of a storage")?;
        }
        Ok(Storage { dtype: *dtype, key, whole, start, length })
    }
}
