//! Named tensors as bytes, and their safetensors form.
//!
//! Encoding is deterministic: equal tensors and metadata are equal files. Data is laid out by
//! falling alignment, then by name, as the format's own writer does, so that every tensor is
//! aligned. Decoding trusts nothing: a header can neither allocate more than the file is long nor
//! make an index run over, whatever it claims.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use safetensors::tensor::{Metadata, TensorInfo};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Tensors by their path.
pub type Tensors = BTreeMap<String, RawTensor>;

/// Free-form facts about a file, by name.
pub type Facts = BTreeMap<String, String>;

/// A dense, row-major, little-endian tensor.
#[derive(Clone, PartialEq, Eq)]
pub struct RawTensor {
    /// The type of an element.
    pub dtype: Dtype,
    /// The length of each axis; a scalar has none.
    pub shape: Vec<usize>,
    /// The elements, the last axis fastest.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for RawTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}{:?} ({} bytes)", self.dtype, self.shape, self.bytes.len())
    }
}

impl RawTensor {
    /// Bytes that `shape` elements of `dtype` take, or `None` past the address space.
    pub(crate) fn expected(&self) -> Option<usize> {
        let count = self.shape.iter().try_fold(1_usize, |count, axis| count.checked_mul(*axis));
        count?.checked_mul(self.dtype.bytes())
    }
}

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dtype {
    /// One byte, 0 or 1.
    Bool,
    /// Unsigned byte.
    U8,
    /// IEEE half precision.
    F16,
    /// The upper half of an `F32`.
    BF16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision.
    F64,
    /// Signed byte.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
}

impl Dtype {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Bool,
        Self::U8,
        Self::F16,
        Self::BF16,
        Self::F32,
        Self::F64,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
    ];

    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }
}

impl From<Dtype> for safetensors::Dtype {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::Bool => Self::BOOL,
            Dtype::U8 => Self::U8,
            Dtype::F16 => Self::F16,
            Dtype::BF16 => Self::BF16,
            Dtype::F32 => Self::F32,
            Dtype::F64 => Self::F64,
            Dtype::I8 => Self::I8,
            Dtype::I16 => Self::I16,
            Dtype::I32 => Self::I32,
            Dtype::I64 => Self::I64,
        }
    }
}

impl TryFrom<safetensors::Dtype> for Dtype {
    type Error = safetensors::Dtype;

    /// Gives the type back when networks here have no use for it.
    fn try_from(dtype: safetensors::Dtype) -> Result<Self, Self::Error> {
        let known = Self::ALL.into_iter().find(|ours| safetensors::Dtype::from(*ours) == dtype);
        known.ok_or(dtype)
    }
}

/// Why bytes are no safetensors file that this program reads, or tensors none that it writes.
#[derive(Debug, thiserror::Error)]
pub enum TensorError {
    /// The file ends before what its header promises.
    #[error("it is truncated: {present} bytes of {promised}")]
    Truncated {
        /// Bytes in the file.
        present: u64,
        /// Bytes the header promises.
        promised: u64,
    },
    /// The header is not what the format asks for.
    #[error("its header is corrupt: {0}")]
    Header(String),
    /// There is something after the last tensor.
    #[error("{0} bytes follow the last tensor")]
    Trailing(u64),
    /// An element type that networks here have no use for.
    #[error("tensor `{name}` holds {dtype:?}, which is not read here")]
    Dtype {
        /// The tensor.
        name: String,
        /// Its element type.
        dtype: safetensors::Dtype,
    },
    /// A tensor to be written whose bytes do not fit its shape.
    #[error("tensor `{name}` has {present} bytes, but its shape and type ask for {expected:?}")]
    Size {
        /// The tensor.
        name: String,
        /// Bytes it has.
        present: usize,
        /// Bytes it should have.
        expected: Option<usize>,
    },
    /// A tensor to be written under the name that the format keeps for the metadata.
    #[error("no tensor can be named `__metadata__`")]
    Reserved,
}

const LENGTH_BYTES: usize = 8;
const METADATA: &str = "__metadata__";
/// The format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// A file in pieces: what comes first, and the data in order, so that weights need not be copied
/// to be written.
pub(super) struct Encoded<'a> {
    pub head: Vec<u8>,
    pub data: Vec<&'a [u8]>,
}

impl Encoded<'_> {
    pub fn length(&self) -> u64 {
        let data: usize = self.data.iter().map(|piece| piece.len()).sum();
        (self.head.len() + data) as u64
    }

    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(&self.head);
        self.data.iter().for_each(|piece| digest.update(piece));
        hex(&digest.finalize())
    }

    pub fn write_to(&self, mut file: impl std::io::Write) -> std::io::Result<()> {
        file.write_all(&self.head)?;
        self.data.iter().try_for_each(|piece| file.write_all(piece))
    }
}

struct Header<'a> {
    facts: &'a Facts,
    tensors: &'a [(&'a str, TensorInfo)],
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if !self.facts.is_empty() {
            map.serialize_entry(METADATA, self.facts)?;
        }
        for (name, tensor) in self.tensors {
            map.serialize_entry(name, tensor)?;
        }
        map.end()
    }
}

/// Lays tensors out as a safetensors file.
///
/// # Errors
/// A tensor's bytes do not fit its shape, or its name is reserved.
pub(super) fn encode<'a>(
    tensors: impl IntoIterator<Item = (&'a str, &'a RawTensor)>,
    facts: &Facts,
) -> Result<Encoded<'a>, TensorError> {
    let mut ordered: Vec<(&str, &RawTensor)> = tensors.into_iter().collect();
    // Within a width the type does not matter for alignment, so the name alone orders.
    ordered.sort_by(|(left_name, left), (right_name, right)| {
        right.dtype.bytes().cmp(&left.dtype.bytes()).then_with(|| left_name.cmp(right_name))
    });
    let mut entries = Vec::with_capacity(ordered.len());
    let mut data = Vec::with_capacity(ordered.len());
    let mut offset = 0;
    for (name, tensor) in ordered {
        if name == METADATA {
            return Err(TensorError::Reserved);
        }
        let expected = tensor.expected();
        if expected != Some(tensor.bytes.len()) {
            let present = tensor.bytes.len();
            return Err(TensorError::Size { name: name.to_owned(), present, expected });
        }
        let end = offset + tensor.bytes.len();
        let entry = TensorInfo {
            dtype: tensor.dtype.into(),
            shape: tensor.shape.clone(),
            data_offsets: (offset, end),
        };
        entries.push((name, entry));
        data.push(tensor.bytes.as_slice());
        offset = end;
    }
    let header = Header { facts, tensors: &entries };
    #[expect(clippy::expect_used, reason = "names, numbers and strings are always valid JSON")]
    let mut json = serde_json::to_vec(&header).expect("a header is always valid JSON");
    json.resize(json.len().next_multiple_of(LENGTH_BYTES), b' ');
    let mut head = (json.len() as u64).to_le_bytes().to_vec();
    head.extend_from_slice(&json);
    Ok(Encoded { head, data })
}

/// Tensors as the bytes of a safetensors file.
///
/// # Errors
/// A tensor's bytes do not fit its shape, or its name is reserved.
pub fn to_bytes(tensors: &Tensors, facts: &Facts) -> Result<Vec<u8>, TensorError> {
    let named = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let encoded = encode(named, facts)?;
    let mut bytes = Vec::with_capacity(encoded.length() as usize);
    bytes.extend_from_slice(&encoded.head);
    encoded.data.iter().for_each(|piece| bytes.extend_from_slice(piece));
    Ok(bytes)
}

/// Reads the bytes of a safetensors file.
///
/// # Errors
/// It is truncated, its header is corrupt or holds an element type not known here.
pub fn from_bytes(bytes: &[u8]) -> Result<(Tensors, Facts), TensorError> {
    let present = bytes.len() as u64;
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(TensorError::Truncated { present, promised: LENGTH_BYTES as u64 });
    };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST_HEADER {
        return Err(TensorError::Header(format!("it claims to be {length} bytes long")));
    }
    let before_data = LENGTH_BYTES as u64 + length;
    let Some((header, data)) = rest.split_at_checked(length as usize) else {
        return Err(TensorError::Truncated { present, promised: before_data });
    };
    let metadata: Metadata =
        serde_json::from_slice(header).map_err(|error| TensorError::Header(error.to_string()))?;

    // The parse proved that the pieces lie end to end from 0; only their end is left to compare.
    let promised = (metadata.data_len() as u64).checked_add(before_data);
    let promised = promised
        .ok_or_else(|| TensorError::Header("its tensors exceed the address space".to_owned()))?;
    if present < promised {
        return Err(TensorError::Truncated { present, promised });
    }
    if present > promised {
        return Err(TensorError::Trailing(present - promised));
    }

    let mut tensors = Tensors::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let dtype = Dtype::try_from(info.dtype)
            .map_err(|dtype| TensorError::Dtype { name: name.clone(), dtype })?;
        let (start, end) = info.data_offsets;
        let piece = data.get(start..end);
        let piece = piece.ok_or_else(|| TensorError::Header(format!("`{name}` lies outside")))?;
        let tensor = RawTensor { dtype, shape: info.shape.clone(), bytes: piece.to_vec() };
        tensors.insert(name, tensor);
    }
    let facts = metadata.metadata().iter().flatten();
    let facts = facts.map(|(name, fact)| (name.clone(), fact.clone())).collect();
    Ok((tensors, facts))
}

/// A hash of names, types, shapes and values, independent of files; the result store knows weights
/// by it.
pub fn hash(tensors: &Tensors) -> String {
    let mut digest = Sha256::new();
    for (name, tensor) in tensors {
        let RawTensor { dtype, shape, bytes } = tensor;
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name.as_bytes());
        digest.update(format!("{dtype:?}{shape:?}").as_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    hex(&digest.finalize())
}

/// The SHA-256 of bytes, as hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn tensor(dtype: Dtype, shape: &[usize], seed: u8) -> RawTensor {
        let length = shape.iter().product::<usize>() * dtype.bytes();
        let bytes = (0..length).map(|index| (index as u8).wrapping_mul(31) ^ seed).collect();
        RawTensor { dtype, shape: shape.to_vec(), bytes }
    }

    fn mixed() -> Tensors {
        Tensors::from([
            ("a.flag".into(), tensor(Dtype::Bool, &[3], 1)),
            ("b.weight".into(), tensor(Dtype::F32, &[2, 3], 2)),
            ("c.half".into(), tensor(Dtype::BF16, &[5], 3)),
            ("d.scalar".into(), tensor(Dtype::F64, &[], 4)),
            ("e.empty".into(), tensor(Dtype::F16, &[0, 4], 5)),
            ("f.count".into(), tensor(Dtype::I64, &[1], 6)),
            ("g.pixels".into(), tensor(Dtype::U8, &[7], 7)),
        ])
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    #[test]
    fn every_type_comes_back_and_bytes_are_the_same_each_time() {
        let facts: Facts = (0..20).map(|i| (format!("fact{i}"), format!("wert ✓ {i}"))).collect();
        let bytes = to_bytes(&mixed(), &facts).unwrap();
        assert_eq!(from_bytes(&bytes).unwrap(), (mixed(), facts.clone()));
        for _ in 0..20 {
            assert_eq!(to_bytes(&mixed(), &facts).unwrap(), bytes);
        }
    }

    #[test]
    fn the_formats_own_reader_agrees_and_data_is_aligned() {
        let bytes = to_bytes(&mixed(), &Facts::new()).unwrap();
        let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for (name, tensor) in mixed() {
            let view = read.tensor(&name).unwrap();
            assert_eq!((view.shape(), view.data()), (&tensor.shape[..], &tensor.bytes[..]));
            let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
            assert_eq!(start % tensor.dtype.bytes(), 0, "{name}");
        }
    }

    #[test]
    fn cut_at_every_byte_it_is_refused() {
        let bytes = to_bytes(&mixed(), &Facts::new()).unwrap();
        for cut in 0..bytes.len() {
            assert!(from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let longer = [&bytes[..], b"x"].concat();
        assert!(matches!(from_bytes(&longer), Err(TensorError::Trailing(1))));
    }

    #[test]
    fn no_changed_byte_makes_it_panic() {
        let bytes = to_bytes(&mixed(), &Facts::new()).unwrap();
        for at in 0..bytes.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                let _ = from_bytes(&changed);
            }
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        let huge = u64::MAX;
        let headers = [
            // Sizes that only fit after wrapping around.
            format!(r#"{{"a":{{"dtype":"U8","shape":[{huge}],"data_offsets":[0,{huge}]}}}}"#),
            format!(r#"{{"a":{{"dtype":"F64","shape":[{huge},2],"data_offsets":[0,0]}}}}"#),
            (0..9).fold(String::from("{"), |text, index| {
                let size = (1_u64 << 61) - 1;
                let (start, end) = (index * u128::from(size), (index + 1) * u128::from(size));
                let comma = if index == 0 { "" } else { "," };
                let entry = format!(
                    r#"{comma}"t{index}":{{"dtype":"U8","shape":[{size}],"data_offsets":[{start},{end}]}}"#
                );
                text + &entry
            }) + "}",
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#.into(),
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#.into(),
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#.into(),
            r#"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#.into(),
            r#"{"a":{"dtype":"nonsense","shape":[4],"data_offsets":[0,4]}}"#.into(),
            r#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}"#.into(),
            "[".repeat(50_000),
            "not json".into(),
            String::new(),
        ];
        for header in headers {
            let shown = header.chars().take(80).collect::<String>();
            assert!(from_bytes(&file(&header, &[0; 4])).is_err(), "{shown}");
        }
        for claimed in [5, 1 << 20, LONGEST_HEADER, LONGEST_HEADER + 1, u64::MAX] {
            let mut bytes = claimed.to_le_bytes().to_vec();
            bytes.extend_from_slice(b"{}");
            assert!(from_bytes(&bytes).is_err(), "a header of {claimed} bytes");
        }
    }

    #[test]
    fn the_last_offset_may_not_wrap_past_the_file() {
        // Eight tensors that end 8 + header length short of 2^64: their sum with what stands before
        // them would be a small number again.
        let size = (1_u128 << 61) - 1;
        let header = |last: u128| {
            let mut text = String::from("{");
            for index in 0..8 {
                let (start, end) = (index * size, (index + 1) * size);
                let _ = write!(
                    text,
                    r#""t{index}":{{"dtype":"U8","shape":[{size}],"data_offsets":[{start},{end}]}},"#
                );
            }
            let start = 8 * size;
            let _ = write!(
                text,
                r#""t8":{{"dtype":"U8","shape":[{last}],"data_offsets":[{start},{}]}}}}"#,
                start + last
            );
            text
        };
        for last in 0..8 {
            assert!(from_bytes(&file(&header(last), &[])).is_err(), "{last}");
        }
    }

    #[test]
    fn tensors_that_are_none_are_not_written() {
        let mut tensors = mixed();
        tensors.insert(
            "g.pixels".into(),
            RawTensor { bytes: vec![0; 6], ..tensor(Dtype::U8, &[7], 0) },
        );
        let error = to_bytes(&tensors, &Facts::new()).unwrap_err();
        assert!(error.to_string().contains("`g.pixels` has 6 bytes"), "{error}");
        let reserved = Tensors::from([(METADATA.into(), tensor(Dtype::U8, &[1], 0))]);
        assert!(matches!(to_bytes(&reserved, &Facts::new()), Err(TensorError::Reserved)));
    }

    #[test]
    fn the_hash_sees_names_types_shapes_and_values() {
        let base = Tensors::from([("a".into(), tensor(Dtype::F32, &[2, 3], 1))]);
        let others = [
            Tensors::from([("b".into(), tensor(Dtype::F32, &[2, 3], 1))]),
            Tensors::from([("a".into(), tensor(Dtype::F32, &[3, 2], 1))]),
            Tensors::from([("a".into(), tensor(Dtype::F32, &[2, 3], 2))]),
            Tensors::from([(
                "a".into(),
                RawTensor { dtype: Dtype::F16, shape: vec![2, 6], ..base["a"].clone() },
            )]),
            Tensors::new(),
        ];
        assert_eq!(hash(&base), hash(&base.clone()));
        for other in others {
            assert_ne!(hash(&base), hash(&other), "{other:?}");
        }
    }
}
