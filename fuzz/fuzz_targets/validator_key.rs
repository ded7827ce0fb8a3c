//! Validator key files: whatever stands in the file, reading it ends in the key or an error. Half
//! of the files carry the checksum of their content, so that what lies behind it is reached.
#![no_main]

use althing_client::validator_key;
use althing_types::hash::sha256;
use libfuzzer_sys::fuzz_target;
use std::{fs, path::PathBuf, sync::LazyLock};

static FOLDER: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder can be made"));

fuzz_target!(|data: &[u8]| {
    let Some((mode, content)) = data.split_first() else { return };
    let mut text = content.to_vec();
    if mode & 1 == 1 {
        text.extend_from_slice(
            format!("checksum {}\n", hex::encode(sha256(&[content]))).as_bytes(),
        );
    }
    let path: PathBuf = FOLDER.path().join("validator.key");
    fs::write(&path, text).expect("a temporary file can be written");
    let summary = validator_key::inspect(&path);
    match validator_key::read(&path, None) {
        Ok(seed) => {
            let summary = summary.expect("what can be used can be inspected");
            assert_eq!(validator_key::public_key(&seed), summary.public);
            assert!(!summary.encrypted, "an encrypted key needs a password");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
