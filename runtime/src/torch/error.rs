//! What libtorch refused, in one line.

use tch::TchError;

/// A failure inside libtorch, or of the machine it runs on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TorchError {
    /// A tensor did not fit into memory.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// Any other refusal: the first line of libtorch's message.
    #[error("libtorch refused: {0}")]
    Refused(String),
    /// A device name that is none, or a device that is not there.
    #[error("no device `{name}`: {reason}")]
    NoDevice {
        /// The name as it was given.
        name: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// Bytes that are not the tensor they are said to be.
    #[error("these bytes are no tensor: {0}")]
    Malformed(String),
}

impl TorchError {
    /// Sorts a message of libtorch. What follows its first line is a backtrace through C++.
    pub(super) fn from_message(message: &str) -> Self {
        let line = message.lines().next().unwrap_or_default().trim().to_owned();
        let lower = line.to_lowercase();
        if lower.contains("out of memory") || lower.contains("can't allocate memory") {
            Self::OutOfMemory(line)
        } else {
            Self::Refused(line)
        }
    }
}

impl From<TchError> for TorchError {
    fn from(error: TchError) -> Self {
        if let TchError::Torch(message) = &error {
            Self::from_message(message)
        } else {
            Self::from_message(&error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn a_refusal_is_one_line() {
        let (a, b) = (tensor([2, 3]), tensor([4, 5]));
        let error = TorchError::from(a.f_matmul(&b).unwrap_err());
        assert_eq!(
            error.to_string(),
            "libtorch refused: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"
        );
    }

    #[test]
    fn more_than_the_address_space_is_out_of_memory() {
        let error = Tensor::f_zeros([1 << 58], (Kind::Float, Device::Cpu)).unwrap_err();
        assert!(matches!(TorchError::from(error), TorchError::OutOfMemory(_)));
    }

    fn tensor(size: [i64; 2]) -> Tensor {
        Tensor::zeros(size, (Kind::Float, Device::Cpu))
    }
}
