//! The bytes of storages, by their keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::view::Storage;

/// The storages of a file.
pub(super) type Storages<'a> = BTreeMap<&'a str, Cow<'a, [u8]>>;

/// How many bytes a storage claims.
pub(super) fn claimed(storage: &Storage<'_>) -> Result<usize, String> {
    let bytes = storage.whole.checked_mul(storage.dtype.bytes());
    bytes.ok_or_else(|| {
        format!("lies in the storage `{}` of {} elements", storage.key, storage.whole)
    })
}

/// The bytes of a whole storage, exactly as many as it says.
pub(super) fn find<'s>(
    storages: &'s Storages<'_>,
    storage: &Storage<'_>,
) -> Result<&'s [u8], String> {
    let key = storage.key;
    let found = storages.get(key);
    let found = found.ok_or_else(|| format!("lies in the storage `{key}`, which is not there"))?;
    let claimed = claimed(storage)?;
    if found.len() != claimed {
        let found = found.len();
        return Err(format!("lies in the storage `{key}`, which has {found} of {claimed} bytes"));
    }
    Ok(found)
}
