//! The file of bans and added peers: a line each, `ban KEY UNTIL REASON` (milliseconds since the
//! Unix epoch, or `-` for no end) or `peer KEY ENDPOINT`. It is replaced as a whole.

use super::peers::Ban;
use crate::types::PublicKey;
use althing_types::{Timestamp, ValidatorKey};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};
use tracing::warn;

/// Largest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What the file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) bans: BTreeMap<PublicKey, Ban>,
    pub(super) added: BTreeMap<PublicKey, String>,
}

/// Reads the file. Lines that are malformed are reported and left out; no file is an empty one.
pub(super) fn load(path: &Path) -> Saved {
    let text = match fs::metadata(path) {
        Ok(meta) if meta.len() <= MAX_BYTES => fs::read_to_string(path),
        Ok(_) => Err(io::Error::other("it is larger than 1 MiB")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Saved::default(),
        Err(error) => Err(error),
    };
    let text = text.unwrap_or_else(|error| {
        warn!(path = %path.display(), %error, "the file of bans and added peers is ignored");
        String::new()
    });
    let mut saved = Saved::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if parse(line, &mut saved).is_none() {
            warn!(path = %path.display(), line, "a malformed line is ignored");
        }
    }
    saved
}

fn parse(line: &str, saved: &mut Saved) -> Option<()> {
    let (kind, rest) = line.split_once(' ')?;
    let (key, rest) = rest.split_once(' ')?;
    let key = key.parse::<ValidatorKey>().ok()?.to_public_key()?;
    match kind {
        "ban" => {
            let (until, reason) = rest.split_once(' ')?;
            let until = match until {
                "-" => None,
                until => Some(Timestamp::new(until.parse().ok()?)),
            };
            saved.bans.insert(key, Ban { reason: reason.to_owned(), until });
        }
        "peer" => {
            saved.added.insert(key, rest.to_owned());
        }
        _ => return None,
    }
    Some(())
}

/// Replaces the file, so that a crash leaves the old one or the new one.
///
/// # Errors
/// Those of the file system.
pub(super) fn save(
    path: &Path,
    bans: &BTreeMap<PublicKey, Ban>,
    added: &BTreeMap<PublicKey, String>,
) -> io::Result<()> {
    let mut text = String::new();
    for (key, ban) in bans {
        let until = ban.until.map_or_else(|| "-".to_owned(), |until| until.get().to_string());
        let reason = ban.reason.replace(['\n', '\r'], " ");
        let key = ValidatorKey::from_public_key(key);
        let _ = writeln!(text, "ban {key} {until} {reason}");
    }
    for (key, endpoint) in added {
        let _ = writeln!(text, "peer {} {endpoint}", ValidatorKey::from_public_key(key));
    }
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(&fresh, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::PrivateKey;
    use commonware_cryptography::Signer as _;

    #[test]
    fn malformed_lines_are_left_out_and_the_others_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers");
        assert_eq!(load(&path), Saved::default());
        let key = PrivateKey::from_seed(1).public_key();
        let hex = ValidatorKey::from_public_key(&key);
        let text = format!("ban\n\nban {hex} x y\nban zz - y\nnoise a b\npeer {hex} host:7\n");
        fs::write(&path, text).unwrap();
        let saved = load(&path);
        assert!(saved.bans.is_empty());
        assert_eq!(saved.added, BTreeMap::from([(key, "host:7".to_owned())]));
    }
}
