//! The zip format of `torch.save`: an archive of a pickle, the byte order, and an entry for each storage.

use std::borrow::Cow;

use super::archive::Archive;
use super::error::PthError;
use super::limits::Limits;
use super::pickle;
use super::storage::Storages;
use super::value::Values;

const PICKLE: &str = "/data.pkl";

/// An archive, unpacked.
pub(super) struct Zipped<'a> {
    pickle: Cow<'a, [u8]>,
    pub storages: Storages<'a>,
}

impl<'a> Zipped<'a> {
    pub fn unpack(bytes: &'a [u8], limits: &Limits) -> Result<Self, PthError> {
        let archive = Archive::open(bytes)?;
        let mut left = limits.unpacked;
        let mut unpack = |name: &str| -> Result<Option<Cow<'a, [u8]>>, PthError> {
            let what = "what its archive unpacks to";
            let length = archive.length(name).unwrap_or(0);
            left =
                left.checked_sub(length).ok_or(PthError::Limit { what, limit: limits.unpacked })?;
            archive.read(name)
        };
        let no_pickle = PthError::Foreign("its archive has no `data.pkl`");
        let root = archive.names().iter().find_map(|name| name.strip_suffix(PICKLE));
        let root = root.ok_or_else(|| no_pickle.clone())?;
        if unpack(&format!("{root}/byteorder"))?.is_some_and(|order| &*order != b"little") {
            return Err(PthError::BigEndian);
        }
        let pickle = unpack(&format!("{root}{PICKLE}"))?.ok_or(no_pickle)?;
        let prefix = format!("{root}/data/");
        let mut storages = Storages::new();
        for name in archive.names() {
            if let Some(key) = name.strip_prefix(&prefix)
                && let Some(bytes) = unpack(name)?
            {
                storages.insert(key, bytes);
            }
        }
        Ok(Self { pickle, storages })
    }

    pub fn values(&self, limits: &Limits) -> Result<Values<'_>, PthError> {
        let (values, end) = pickle::read(&self.pickle, 0, limits)?;
        if end != self.pickle.len() {
            let why = "something follows its end".to_owned();
            return Err(PthError::Pickle { at: end, why });
        }
        Ok(values)
    }
}
