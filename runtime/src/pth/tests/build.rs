//! Small writers of the formats, which can also write what no honest program does.

/// A pickle in the making; every method appends an operation.
#[derive(Clone, Default)]
pub struct Pickle(pub Vec<u8>);

impl Pickle {
    pub fn new() -> Self {
        Self(b"\x80\x02".to_vec())
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub fn text(self, text: &str) -> Self {
        let length = (text.len() as u32).to_le_bytes();
        self.raw(b"X").raw(&length).raw(text.as_bytes())
    }

    pub fn int(self, value: i64) -> Self {
        self.raw(&[0x8a, 8]).raw(&value.to_le_bytes())
    }

    pub fn ints(self, values: &[i64]) -> Self {
        let open = self.raw(b"(");
        values.iter().fold(open, |pickle, value| pickle.int(*value)).raw(b"t")
    }

    pub fn global(self, module: &str, name: &str) -> Self {
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    pub fn ordered_dict(self) -> Self {
        self.global("collections", "OrderedDict").raw(b")R")
    }

    /// A tensor of the storage `key` as every version since 0.4 writes it.
    pub fn tensor(self, storage: &Storage, offset: i64, shape: &[i64], strides: &[i64]) -> Self {
        self.global("torch._utils", "_rebuild_tensor_v2")
            .raw(b"(")
            .storage(storage)
            .int(offset)
            .ints(shape)
            .ints(strides)
            .raw(b"\x89")
            .ordered_dict()
            .raw(b"tR")
    }

    fn storage(self, storage: &Storage) -> Self {
        let pickle = self
            .raw(b"(")
            .text("storage")
            .global("torch", storage.class)
            .text(storage.key)
            .text("cpu")
            .int(storage.length);
        let pickle = match storage.view {
            View::Absent => pickle,
            View::None => pickle.raw(b"N"),
            View::Part(first, length) => {
                pickle.raw(b"(").text("part").int(first).int(length).raw(b"t")
            }
        };
        pickle.raw(b"tQ")
    }

    pub fn end(self) -> Vec<u8> {
        self.raw(b".").0
    }
}

/// A storage as a pickle names it.
#[derive(Clone, Copy)]
pub struct Storage {
    pub class: &'static str,
    pub key: &'static str,
    pub length: i64,
    pub view: View,
}

/// The last part of a storage's name in the old format.
#[derive(Clone, Copy)]
pub enum View {
    Absent,
    None,
    Part(i64, i64),
}

/// A storage of single precision in the zip format.
pub fn floats(key: &'static str, length: i64) -> Storage {
    Storage { class: "FloatStorage", key, length, view: View::Absent }
}

/// The bytes of the numbers 0, 1, 2, … in single precision.
pub fn counted(length: usize) -> Vec<u8> {
    (0..length).flat_map(|value| (value as f32).to_le_bytes()).collect()
}

/// A file inside an archive, with everything that can be said of it.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    /// The name where it stands.
    pub local_name: String,
    pub packed: Vec<u8>,
    pub length: u32,
    pub method: u16,
    pub flags: u16,
    pub checksum: u32,
    /// Stands at the same place as the entry of that number.
    pub shares: Option<usize>,
}

/// A stored entry of the folder `archive`.
pub fn entry(name: &str, content: &[u8]) -> Entry {
    let name = format!("archive/{name}");
    Entry {
        local_name: name.clone(),
        name,
        packed: content.to_vec(),
        length: content.len() as u32,
        method: 0,
        flags: 0,
        checksum: crc32fast::hash(content),
        shares: None,
    }
}

/// The same, deflated.
pub fn deflated(name: &str, content: &[u8]) -> Entry {
    let packed = miniz_oxide::deflate::compress_to_vec(content, 6);
    Entry { packed, method: 8, ..entry(name, content) }
}

pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for entry in entries {
        if let Some(shared) = entry.shares {
            places.push(places[shared]);
            continue;
        }
        places.push(bytes.len() as u32);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(facts(entry, &entry.local_name));
        bytes.extend([0; 2]);
        bytes.extend(entry.local_name.as_bytes());
        bytes.extend(&entry.packed);
    }
    let begin = bytes.len() as u32;
    for (entry, place) in entries.iter().zip(places) {
        bytes.extend(b"PK\x01\x02\x14\x00");
        bytes.extend(facts(entry, &entry.name));
        bytes.extend([0; 12]);
        bytes.extend(place.to_le_bytes());
        bytes.extend(entry.name.as_bytes());
    }
    let length = bytes.len() as u32 - begin;
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend((entries.len() as u16).to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(begin.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

fn facts(entry: &Entry, name: &str) -> Vec<u8> {
    let mut facts = 20_u16.to_le_bytes().to_vec();
    facts.extend(entry.flags.to_le_bytes());
    facts.extend(entry.method.to_le_bytes());
    facts.extend([0, 0, 0x21, 0]);
    facts.extend(entry.checksum.to_le_bytes());
    facts.extend((entry.packed.len() as u32).to_le_bytes());
    facts.extend(entry.length.to_le_bytes());
    facts.extend((name.len() as u16).to_le_bytes());
    facts
}

/// A file of the zip format.
pub fn zipped(pickle: &[u8], storages: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut entries = vec![entry("data.pkl", pickle), entry("byteorder", b"little")];
    entries.extend(storages.iter().map(|(key, bytes)| entry(&format!("data/{key}"), bytes)));
    entries.push(entry("version", b"3\n"));
    archive(&entries)
}

/// The three pickles that begin a file of the old format.
pub fn old_head(little_endian: bool) -> Vec<u8> {
    let magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    let mut bytes = magic.to_vec();
    bytes.push(b'.');
    bytes.extend(b"\x80\x02M\xe9\x03.");
    let order: &[u8] = if little_endian { b"\x88" } else { b"\x89" };
    let machine = Pickle::new().raw(b"}(").text("protocol_version").raw(b"M\xe9\x03");
    let machine = machine.text("little_endian").raw(order);
    bytes.extend(machine.text("type_sizes").raw(b"}u").end());
    bytes
}

/// A file of the old format: keys, numbers of elements, and bytes.
pub fn old(pickle: &[u8], storages: &[(&str, u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = old_head(true);
    bytes.extend(pickle);
    let keys = Pickle::new().raw(b"](");
    bytes.extend(storages.iter().fold(keys, |keys, (key, ..)| keys.text(key)).raw(b"e").end());
    for (_, count, data) in storages {
        bytes.extend(count.to_le_bytes());
        bytes.extend(data);
    }
    bytes
}
