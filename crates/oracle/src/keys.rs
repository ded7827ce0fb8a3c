//! The keys that the daemon signs with.

use crate::settings::Settings;
use althing_client::{KeyFileError, meter_key::MeterSecret};
use althing_types::SecretKey;
use std::{collections::BTreeMap, path::Path};

/// The keys that the daemon signs with.
#[derive(Debug, Default)]
pub struct Keys {
    /// That of the account which sends readings: the provider, or its delegate.
    pub feed: Option<SecretKey>,
    /// That of the account which reports: the oracle, or its delegate.
    pub attest: Option<SecretKey>,
    /// Those of meters, by their names in the configuration.
    pub meters: BTreeMap<String, MeterSecret>,
}

impl Keys {
    /// Reads the keys of all meters that are sent for; `password` gives that of a file which has one.
    ///
    /// # Errors
    /// [`KeyFileError`] of the first file that cannot be used.
    pub fn read_meters(
        &mut self,
        settings: &Settings,
        mut password: impl FnMut(&Path) -> Option<String>,
    ) -> Result<(), KeyFileError> {
        for meter in settings.feed.iter().flat_map(|feed| &feed.meters) {
            let word =
                if MeterSecret::encrypted(&meter.key)? { password(&meter.key) } else { None };
            let key = MeterSecret::read(&meter.key, word.as_deref())?;
            self.meters.insert(meter.name.clone(), key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::KeyScheme;

    #[test]
    fn keys_of_meters_are_read_from_the_files_that_the_configuration_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        let secret = MeterSecret::generate(KeyScheme::Ed25519).unwrap();
        secret.write(&path, None).unwrap();
        let text = format!(
            "[[source]]\nname = \"s\"\npath = \"x\"\n[feed]\n[[feed.meter]]\nname = \"m\"\nkey = {path:?}\n\
             source = \"s\"\nid = \"i\"\nchannel = \"B1\"\n"
        );
        let settings = Settings::parse(&text).unwrap();
        let mut keys = Keys::default();
        keys.read_meters(&settings, |_| None).unwrap();
        assert_eq!(keys.meters["m"].public(), secret.public());
        std::fs::remove_file(&path).unwrap();
        assert!(keys.read_meters(&settings, |_| None).is_err());
    }
}
