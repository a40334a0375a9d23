//! Writing state dicts: the archive that `torch.save` makes of an ordered dict of tensors, in the form that
//! `torch.load` reads with `weights_only=True`.
//!
//! Every tensor has a storage of its own, aligned so that it can be mapped into memory. Equal tensors are equal files.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::global::Global;
use crate::run::atomic::{self, WriteError};
use crate::run::tensors::RawTensor;

/// The name of the folder inside.
const ROOT: &str = "archive";
/// What the data of entries is aligned to.
const ALIGNMENT: usize = 64;
/// The extra field that holds nothing but room, as `torch.save` calls it.
const ROOM: &[u8; 2] = b"FB";

/// A state dict could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WritePthError {
    /// Two tensors have one name.
    #[error("two tensors are called `{0}`")]
    Twice(String),
    /// A tensor's bytes do not fit its shape.
    #[error("tensor `{0}` has more or fewer bytes than its shape and type ask for")]
    Size(String),
    /// It is larger than the archives that are written here, which hold 4 GiB.
    #[error("the tensors take {0} bytes, and a `.pth` file written here holds 4 GiB")]
    TooLarge(usize),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes tensors, in their order, replacing the file whole.
///
/// # Errors
/// A tensor is not what it says, two have one name, or the file cannot be written.
pub fn save(path: &Path, tensors: &[(String, RawTensor)]) -> Result<(), WritePthError> {
    check(tensors)?;
    Ok(atomic::write_with(path, |file| {
        let mut buffered = io::BufWriter::new(file);
        write(&mut buffered, tensors)?;
        buffered.flush()
    })?)
}

/// The same as bytes.
///
/// # Errors
/// A tensor is not what it says, or two have one name.
pub fn to_bytes(tensors: &[(String, RawTensor)]) -> Result<Vec<u8>, WritePthError> {
    check(tensors)?;
    let mut bytes = Vec::new();
    match write(&mut bytes, tensors) {
        Ok(()) => Ok(bytes),
        Err(_) => unreachable!("memory takes what is written into it"),
    }
}

fn check(tensors: &[(String, RawTensor)]) -> Result<(), WritePthError> {
    /// More than the heads, names and shapes of an entry take.
    const AROUND: usize = 1024;
    let mut names = BTreeSet::new();
    let mut total = 0_usize;
    for (name, tensor) in tensors {
        if !names.insert(name) {
            return Err(WritePthError::Twice(name.clone()));
        }
        if tensor.expected() != Some(tensor.bytes.len()) {
            return Err(WritePthError::Size(name.clone()));
        }
        let around = AROUND + 2 * name.len() + 32 * tensor.shape.len();
        total = total.saturating_add(tensor.bytes.len()).saturating_add(around);
    }
    // The archive counts entries in 16 bits and bytes in 32.
    if total > u32::MAX as usize || tensors.len() > usize::from(u16::MAX) - 8 {
        return Err(WritePthError::TooLarge(total));
    }
    Ok(())
}

fn write(to: &mut impl Write, tensors: &[(String, RawTensor)]) -> io::Result<()> {
    let mut archive = Archive { to, at: 0, directory: Vec::new(), count: 0 };
    archive.entry("data.pkl", &pickle(tensors))?;
    archive.entry("byteorder", b"little")?;
    for (index, (_, tensor)) in tensors.iter().enumerate() {
        archive.entry(&format!("data/{index}"), &tensor.bytes)?;
    }
    archive.entry("version", b"3\n")?;
    archive.end()
}

/// An archive in the making: what was written, and the directory that will follow.
struct Archive<'w, W: Write> {
    to: &'w mut W,
    at: usize,
    directory: Vec<u8>,
    count: u16,
}

impl<W: Write> Archive<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len();
        self.to.write_all(bytes)
    }

    fn entry(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let name = format!("{ROOT}/{name}");
        let local = self.at as u32;
        let length = (content.len() as u32).to_le_bytes();
        // Version, flags, method, time, the first day there is, checksum, both lengths.
        let mut facts = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0].to_vec();
        facts.extend(crc32fast::hash(content).to_le_bytes());
        facts.extend(length);
        facts.extend(length);
        facts.extend((name.len() as u16).to_le_bytes());

        // Two words announce the field that fills up to the alignment.
        let begin = self.at + 4 + facts.len() + 2 + name.len() + 4;
        let room = begin.next_multiple_of(ALIGNMENT) - begin;
        let mut head = b"PK\x03\x04".to_vec();
        head.extend(&facts);
        head.extend((room as u16 + 4).to_le_bytes());
        head.extend(name.as_bytes());
        head.extend(ROOM);
        head.extend((room as u16).to_le_bytes());
        head.resize(head.len() + room, b'Z');
        self.put(&head)?;
        self.put(content)?;

        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&facts);
        // No extra field, comment, other disk or attributes.
        self.directory.extend([0; 12]);
        self.directory.extend(local.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        let (begin, directory) = (self.at as u32, std::mem::take(&mut self.directory));
        self.put(&directory)?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(self.count.to_le_bytes());
        end.extend(self.count.to_le_bytes());
        end.extend((directory.len() as u32).to_le_bytes());
        end.extend(begin.to_le_bytes());
        end.extend([0; 2]);
        self.put(&end)
    }
}

/// The pickle of an ordered dict of the tensors, number `i` in the storage `i`.
fn pickle(tensors: &[(String, RawTensor)]) -> Vec<u8> {
    let ordered_dict: &[u8] = b"ccollections\nOrderedDict\n)R";
    let mut pickle = b"\x80\x02".to_vec();
    pickle.extend(ordered_dict);
    pickle.push(b'(');
    for (index, (name, tensor)) in tensors.iter().enumerate() {
        let RawTensor { dtype, shape, bytes } = tensor;
        text(&mut pickle, name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(format!("ctorch\n{}\n", Global::storage_name(*dtype)).as_bytes());
        text(&mut pickle, &index.to_string());
        text(&mut pickle, "cpu");
        integer(&mut pickle, bytes.len() / dtype.bytes());
        pickle.extend(b"tQ");
        integer(&mut pickle, 0);
        let strides = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product());
        for numbers in [shape.clone(), strides.collect()] {
            pickle.push(b'(');
            for number in numbers {
                integer(&mut pickle, number);
            }
            pickle.push(b't');
        }
        pickle.push(0x89);
        pickle.extend(ordered_dict);
        pickle.extend(b"tR");
    }
    pickle.push(b'u');
    // What a dict of PyTorch's modules has beside its items.
    pickle.push(b'}');
    text(&mut pickle, "_metadata");
    pickle.extend(ordered_dict);
    pickle.push(b'(');
    for (module, version) in versions(tensors) {
        text(&mut pickle, module);
        pickle.push(b'}');
        text(&mut pickle, "version");
        pickle.extend([b'K', version, b's']);
    }
    pickle.extend(b"usb.");
    pickle
}

/// The versions of modules, by which `load_state_dict` knows what to expect: the whole has the first, which some
/// networks insist on, and normalisations that count their batches the second.
fn versions(tensors: &[(String, RawTensor)]) -> Vec<(&str, u8)> {
    let split = |name| str::rsplit_once(name, '.');
    let counting: BTreeSet<&str> = tensors
        .iter()
        .filter_map(|(name, _)| split(name))
        .filter(|(_, last)| *last == "num_batches_tracked")
        .map(|(module, _)| module)
        .collect();
    let mut known = BTreeSet::new();
    let modules = tensors.iter().filter_map(|(name, _)| split(name)).map(|(module, _)| module);
    let modules = modules.filter(|module| known.insert(*module));
    let versions = modules.map(|module| (module, if counting.contains(module) { 2 } else { 1 }));
    std::iter::once(("", 1)).chain(versions).collect()
}

fn text(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend((text.len() as u32).to_le_bytes());
    pickle.extend(text.as_bytes());
}

fn integer(pickle: &mut Vec<u8>, number: usize) {
    match i32::try_from(number) {
        Ok(number) => {
            pickle.push(b'J');
            pickle.extend(number.to_le_bytes());
        }
        Err(_) => {
            pickle.extend([0x8a, 9]);
            pickle.extend((number as u64).to_le_bytes());
            pickle.push(0);
        }
    }
}
