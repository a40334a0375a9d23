//! The names that a pickle may say, and what they stand for here.

use crate::run::tensors::Dtype;

/// A name of the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    /// A dict that keeps its order, as all do here.
    OrderedDict,
    /// A tensor of a storage, an offset, a shape and strides.
    RebuildTensor,
    /// A tensor that is trained.
    RebuildParameter,
    /// A shape.
    Size,
    /// The class of a storage.
    Storage(Dtype),
}

const NAMES: [(&str, &str, Global); 15] = [
    ("collections", "OrderedDict", Global::OrderedDict),
    ("torch._utils", "_rebuild_tensor", Global::RebuildTensor),
    ("torch._utils", "_rebuild_tensor_v2", Global::RebuildTensor),
    ("torch._utils", "_rebuild_parameter", Global::RebuildParameter),
    ("torch", "Size", Global::Size),
    ("torch", "DoubleStorage", Global::Storage(Dtype::F64)),
    ("torch", "FloatStorage", Global::Storage(Dtype::F32)),
    ("torch", "HalfStorage", Global::Storage(Dtype::F16)),
    ("torch", "BFloat16Storage", Global::Storage(Dtype::BF16)),
    ("torch", "LongStorage", Global::Storage(Dtype::I64)),
    ("torch", "IntStorage", Global::Storage(Dtype::I32)),
    ("torch", "ShortStorage", Global::Storage(Dtype::I16)),
    ("torch", "CharStorage", Global::Storage(Dtype::I8)),
    ("torch", "ByteStorage", Global::Storage(Dtype::U8)),
    ("torch", "BoolStorage", Global::Storage(Dtype::Bool)),
];

impl Global {
    /// What a name stands for, unless it is not on the list.
    pub fn named(module: &str, name: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(m, n, _)| *m == module && *n == name);
        known.map(|(_, _, global)| *global)
    }

    /// The name of the class of a storage of that type, in the module `torch`.
    pub fn storage_name(dtype: Dtype) -> &'static str {
        let known = NAMES.iter().find(|(_, _, global)| *global == Self::Storage(dtype));
        known.map_or_else(|| unreachable!("every type has its storage"), |(_, name, _)| name)
    }
}
