//! Zip archives, as far as `torch.save` uses them.
//!
//! The directory at the end is believed only where it agrees with the entries it points at; entries that overlap, as
//! those of small archives with much inside do, are refused. Stored and deflated entries are read.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::error::PthError;

/// How an archive begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const END: u32 = 0x0605_4b50;
const WIDE_END: u32 = 0x0606_4b50;
const WIDE_LOCATOR: u32 = 0x0706_4b50;
const LONGEST_COMMENT: usize = 0xffff;
const END_BYTES: usize = 22;
const LOCATOR_BYTES: usize = 20;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The extra field with the sizes of entries that 32 bits do not hold.
const WIDE: u16 = 1;

/// A file inside.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    packed: &'a [u8],
    length: usize,
    deflated: bool,
    checksum: u32,
}

/// An archive whose directory was read and compared with its entries.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    entries: FxHashMap<&'a str, Entry<'a>>,
    /// In the order of the directory.
    names: Vec<&'a str>,
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, PthError> {
        let (first, count) = directory(bytes)?;
        let mut at = first;
        let (mut entries, mut names) = (FxHashMap::default(), Vec::new());
        let mut extents = Vec::new();
        for _ in 0..count {
            let (name, entry, extent, next) = entry(bytes, at, first)?;
            if entries.insert(name, entry).is_some() {
                return Err(corrupt(format!("`{name}` is there twice")));
            }
            names.push(name);
            extents.push((extent, name));
            at = next;
        }
        extents.sort_unstable();
        for pair in extents.windows(2) {
            let [((_, end), a), ((begin, _), b)] = [pair[0], pair[1]];
            if begin < end {
                return Err(corrupt(format!("`{a}` and `{b}` overlap")));
            }
        }
        Ok(Self { entries, names })
    }

    pub fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// The length of an entry once it is unpacked.
    pub fn length(&self, name: &str) -> Option<usize> {
        self.entries.get(name).map(|entry| entry.length)
    }

    /// What an entry holds, unless there is none of that name. What is deflated becomes no longer than the
    /// directory says.
    pub fn read(&self, name: &str) -> Result<Option<Cow<'a, [u8]>>, PthError> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let bytes = if entry.deflated {
            let unpacked =
                miniz_oxide::inflate::decompress_to_vec_with_limit(entry.packed, entry.length);
            Cow::Owned(unpacked.map_err(|error| match error.status {
                miniz_oxide::inflate::TINFLStatus::HasMoreOutput => {
                    corrupt(format!("`{name}` is longer than its {} bytes", entry.length))
                }
                _ => corrupt(format!("`{name}` cannot be unpacked")),
            })?)
        } else {
            Cow::Borrowed(entry.packed)
        };
        if bytes.len() != entry.length {
            let found = bytes.len();
            return Err(corrupt(format!("`{name}` has {found} of its {} bytes", entry.length)));
        }
        if crc32fast::hash(&bytes) != entry.checksum {
            return Err(corrupt(format!("the checksum of `{name}` does not fit")));
        }
        Ok(Some(bytes))
    }
}

fn corrupt(why: impl Into<String>) -> PthError {
    PthError::Archive(why.into())
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], PthError> {
    let end = at.checked_add(N);
    let found = end.and_then(|end| bytes.get(at..end)).and_then(|found| found.try_into().ok());
    found.ok_or_else(|| corrupt("it is truncated"))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, PthError> {
    Ok(u16::from_le_bytes(field(bytes, at)?))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, PthError> {
    Ok(u32::from_le_bytes(field(bytes, at)?))
}

/// A length or place; what the machine cannot address lies outside of every file.
fn u64_at(bytes: &[u8], at: usize) -> Result<usize, PthError> {
    Ok(usize::try_from(u64::from_le_bytes(field(bytes, at)?)).unwrap_or(usize::MAX))
}

/// Where the directory begins, and how many entries it has.
fn directory(bytes: &[u8]) -> Result<(usize, usize), PthError> {
    let furthest = bytes.len().saturating_sub(END_BYTES + LONGEST_COMMENT);
    let candidates = (furthest..=bytes.len().saturating_sub(END_BYTES)).rev();
    let is_end = |at: &usize| {
        let comment = u16_at(bytes, at + 20).map(usize::from);
        u32_at(bytes, *at) == Ok(END) && comment == Ok(bytes.len() - at - END_BYTES)
    };
    let end = candidates.into_iter().find(is_end);
    let end = end.ok_or_else(|| corrupt("it has no directory, as if it were truncated"))?;
    if u16_at(bytes, end + 4)? != 0 && u16_at(bytes, end + 4)? != u16::MAX {
        return Err(corrupt("it is a part of several"));
    }
    let locator = end.checked_sub(LOCATOR_BYTES);
    let wide = locator.filter(|at| u32_at(bytes, *at) == Ok(WIDE_LOCATOR));
    let (count, first) = match wide {
        Some(locator) => {
            let at = u64_at(bytes, locator + 8)?;
            if u32_at(bytes, at) != Ok(WIDE_END) {
                return Err(corrupt("its directory is not where it should be"));
            }
            (u64_at(bytes, at + 32)?, u64_at(bytes, at + 48)?)
        }
        None => (usize::from(u16_at(bytes, end + 10)?), u32_at(bytes, end + 16)? as usize),
    };
    let most = bytes.len() / ENTRY_BYTES;
    if count > most || first > end {
        return Err(corrupt(format!("its directory of {count} entries lies outside of it")));
    }
    Ok((first, count))
}

/// Where an entry begins and ends, its own head included.
type Extent = (usize, usize);

/// The name, the content and the extent of the entry that stands at `at` of the directory, and where the next one
/// stands.
fn entry(
    bytes: &[u8],
    at: usize,
    directory: usize,
) -> Result<(&str, Entry<'_>, Extent, usize), PthError> {
    if u32_at(bytes, at)? != ENTRY {
        return Err(corrupt("its directory is damaged"));
    }
    let (flags, method) = (u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?);
    let checksum = u32_at(bytes, at + 16)?;
    let narrow = [u32_at(bytes, at + 20)?, u32_at(bytes, at + 24)?, u32_at(bytes, at + 42)?];
    let [name_length, extra_length, comment_length] =
        [u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?]
            .map(usize::from);
    let name_at = at + ENTRY_BYTES;
    let extra_at = name_at + name_length;
    let next = extra_at + extra_length + comment_length;
    let (Some(name), Some(extra)) =
        (bytes.get(name_at..extra_at), bytes.get(extra_at..extra_at + extra_length))
    else {
        return Err(corrupt("its directory is truncated"));
    };
    let raw_name = name;
    let name = std::str::from_utf8(name).map_err(|_| corrupt("a name is not UTF-8"))?;
    let [packed_length, length, local] = widened(narrow, extra)?;

    if flags & 1 != 0 {
        return Err(corrupt(format!("`{name}` is encrypted")));
    }
    let deflated = match method {
        0 => false,
        8 => true,
        other => return Err(corrupt(format!("`{name}` is packed by the method {other}"))),
    };
    let outside = || corrupt(format!("`{name}` lies outside of it"));
    if local >= directory || u32_at(bytes, local)? != LOCAL {
        return Err(outside());
    }
    let local_name = usize::from(u16_at(bytes, local + 26)?);
    let local_extra = usize::from(u16_at(bytes, local + 28)?);
    let begin = local + LOCAL_BYTES + local_name + local_extra;
    if bytes.get(local + LOCAL_BYTES..local + LOCAL_BYTES + local_name) != Some(raw_name) {
        return Err(corrupt(format!("`{name}` has another name where it stands")));
    }
    let end = begin.checked_add(packed_length).filter(|end| *end <= directory);
    let end = end.ok_or_else(outside)?;
    let packed = bytes.get(begin..end).ok_or_else(outside)?;
    Ok((name, Entry { packed, length, deflated, checksum }, (local, end), next))
}

/// Packed length, length and place of an entry, of which those that are full stand in the extra field.
fn widened(narrow: [u32; 3], mut extra: &[u8]) -> Result<[usize; 3], PthError> {
    let mut values = narrow.map(|value| value as usize);
    if !narrow.contains(&u32::MAX) {
        return Ok(values);
    }
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
        let Some(field) = extra.get(4..4 + length) else { break };
        if id == WIDE {
            // In the field the length comes first.
            let mut at = 0;
            for index in [1, 0, 2] {
                if narrow[index] == u32::MAX {
                    values[index] = u64_at(field, at)?;
                    at += 8;
                }
            }
            return Ok(values);
        }
        extra = &extra[4 + length..];
    }
    Err(corrupt("an entry lacks its sizes"))
}
