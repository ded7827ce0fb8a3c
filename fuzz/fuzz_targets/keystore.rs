//! Key files of the keystore: whatever stands in the file, reading it ends in an entry or an
//! error. Half of the files have the right form and checksum around fields of the input, so that
//! what lies behind the checksum is reached.
#![no_main]

use althing_client::keystore::{Keystore, KeystoreError};
use althing_types::hash::sha256;
use libfuzzer_sys::fuzz_target;
use std::{fs, sync::LazyLock};

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

/// A file around the fields of the input, one a line: scheme, address, public key, work factor,
/// salt, sealed secret.
fn envelope(input: &str) -> Option<String> {
    let fields: Vec<&str> = input.split('\n').collect();
    let [scheme, address, public_key, log_n, salt, sealed] = fields[..] else { return None };
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let beside = ["althing-key", "1", "fuzz", scheme, address, public_key, "scrypt", log_n, salt];
    let beside = [&beside.join("\n"), "chacha20-poly1305"].join("\n");
    let checksum = hex::encode(sha256(&[beside.as_bytes(), b"\n", sealed.as_bytes()]));
    Some(format!(
        "{{\n  \"version\": 1,\n  \"name\": \"fuzz\",\n  \"scheme\": {},\n  \"address\": {},\n  \
         \"public_key\": {},\n  \"kdf\": {{\n    \"name\": \"scrypt\",\n    \"log_n\": {log_n},\n    \
         \"salt\": {}\n  }},\n  \"cipher\": \"chacha20-poly1305\",\n  \"sealed\": {},\n  \
         \"checksum\": \"{checksum}\"\n}}\n",
        quoted(scheme),
        quoted(address),
        quoted(public_key),
        quoted(salt),
        quoted(sealed),
    ))
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, content)) = data.split_first() else { return };
    let file = match std::str::from_utf8(content).ok().filter(|_| mode & 1 == 1) {
        Some(input) => envelope(input).map(String::into_bytes),
        None => Some(content.to_vec()),
    };
    let Some(file) = file else { return };
    let keystore = Keystore::new(FOLDER.path());
    fs::write(FOLDER.path().join("fuzz.json"), file).expect("a temporary file can be written");
    match keystore.show("fuzz") {
        Ok(entry) => {
            assert_eq!(entry.name, "fuzz");
            let length = entry.public_key.bytes().len();
            assert_eq!(length, entry.public_key.scheme().public_key_len());
        }
        Err(KeystoreError::Damaged(_) | KeystoreError::UnsupportedVersion(..)) => {}
        Err(error) => panic!("{error}"),
    }
    assert_eq!(keystore.list().expect("the folder can be read").len(), 1);
});
