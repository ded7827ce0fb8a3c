//! Typed reads and writes of records. Only the `store.rs` of a module calls these.

use crate::error::Fault;
use althing_state::{StateKey, StateValue, View};
use commonware_codec::{Copying, DecodeExt as _, Encode as _, EncodeSize, Read, Write};

/// Reads a record; `None` if there is none.
pub(crate) fn load<T: Read<Cfg = ()>>(
    view: &View,
    key: &StateKey,
    what: &'static str,
) -> Result<Option<T>, Fault> {
    let Some(value) = view.get(key)? else { return Ok(None) };
    T::decode(Copying(value)).map(Some).map_err(|_| Fault::Corrupt { key: *key, what })
}

/// Reads a record that must exist.
pub(crate) fn require<T: Read<Cfg = ()>>(
    view: &View,
    key: &StateKey,
    what: &'static str,
) -> Result<T, Fault> {
    load(view, key, what)?.ok_or(Fault::Corrupt { key: *key, what })
}

/// Writes a record.
pub(crate) fn save<T: Write + EncodeSize>(
    view: &mut View,
    key: StateKey,
    record: &T,
) -> Result<(), Fault> {
    let value = StateValue::new(record.encode())
        .map_err(|_| Fault::Corrupt { key, what: "the record is larger than a value may be" })?;
    view.set(key, Some(value));
    Ok(())
}
