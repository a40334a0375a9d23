//! Why a file of `torch.save` is refused.

/// Why bytes are no state dict that is read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PthError {
    /// It is no file of `torch.save`.
    #[error("it is no file of `torch.save`: {0}")]
    Foreign(&'static str),
    /// The archive around the tensors is damaged.
    #[error("its archive is corrupt: {0}")]
    Archive(String),
    /// The pickle is damaged.
    #[error("its pickle is corrupt: {why} at byte {at}")]
    Pickle {
        /// Where, from the start of the pickle or, in the old format, of the file.
        at: usize,
        /// What is wrong.
        why: String,
    },
    /// The pickle asks for something that a state dict does not need.
    #[error("its pickle has the operation {opcode:#04x} at byte {at}, which no state dict needs")]
    Opcode {
        /// Where.
        at: usize,
        /// The operation.
        opcode: u8,
    },
    /// The pickle names a function or a class that is not read.
    #[error(
        "its pickle names `{0}`, and nothing but tensors and plain values is read; save the \
         `state_dict()` alone"
    )]
    Global(String),
    /// Its bytes are in the other order.
    #[error("it was written by a big-endian machine")]
    BigEndian,
    /// A tensor is not what it claims to be.
    #[error("tensor `{name}` {why}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// It would take more than a file of its length may.
    #[error("{what} would pass the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// There are no tensors by name.
    #[error("it holds no state dict: {0}")]
    NoState(String),
}
