//! What commands share: where the node and the keys are, passwords, confirmations, addresses.

use super::{
    args::Global,
    error::{CliError, Exit},
};
use althing_client::{
    dev,
    keystore::{Entry, Keystore},
    validator::ConsensusKey,
    validator_key,
};
use althing_types::{Address, SecretKey};
use std::{
    fs,
    io::{IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// The options of every command, and what follows from them.
#[derive(Clone, Debug)]
pub struct Context {
    /// The options.
    pub global: Global,
}

impl Context {
    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.global.home_dir()
    }

    /// The keystore, `keys/` in the home folder.
    pub fn keystore(&self) -> Keystore {
        Keystore::new(self.home().join("keys"))
    }

    /// Reads a password for `purpose`: from the password file, or from a prompt.
    ///
    /// # Errors
    /// Exit code 7 if there is neither, or if the file cannot be read.
    pub fn password(&self, purpose: &str) -> Result<Zeroizing<String>, CliError> {
        if let Some(path) = self.global.password_file() {
            let text = Zeroizing::new(read_text(&path)?);
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        let prompt = format!("Password of {purpose}: ");
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
            CliError::new(
                Exit::Key,
                "password_missing",
                format!("no terminal to ask for the password of {purpose}: use --password-file"),
            )
        })
    }

    /// Reads a new password, twice if it is typed.
    ///
    /// # Errors
    /// Exit code 7 if there is none, it is empty, or the two differ.
    pub fn new_password(&self, purpose: &str) -> Result<Zeroizing<String>, CliError> {
        let error = |code: &str, text: &str| Err(CliError::new(Exit::Key, code, text));
        let first = self.password(purpose)?;
        if first.is_empty() {
            return error("password_empty", "the password is empty: choose one");
        }
        if self.global.password_file().is_none()
            && *self.password(&format!("{purpose}, again"))? != *first
        {
            return error("password_mismatch", "the two passwords differ: try again");
        }
        Ok(first)
    }

    /// Asks a question whose answer must be yes, on a terminal. Without a terminal the answer is
    /// what `--yes` says.
    ///
    /// # Errors
    /// Exit code 1 if the answer is no, 2 if nobody can be asked.
    pub fn confirm(&self, question: &str, yes: bool) -> Result<(), CliError> {
        if yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(CliError::usage(format!(
                "{question} Without a terminal, --yes is needed."
            )));
        }
        eprint!("{question} [y/N] ");
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes") {
            return Ok(());
        }
        Err(CliError::new(Exit::Failed, "declined", "nothing was done"))
    }

    /// The address that a text names: an address, `dev:N`, `dev-operator:N`, or the name of a key.
    ///
    /// # Errors
    /// Exit code 2 if it is none of them.
    pub fn address(&self, text: &str) -> Result<Address, CliError> {
        if let Some(index) = dev_index(text)? {
            return Ok(dev::account(index).address());
        }
        if text.starts_with("dev-operator:") {
            return Ok(self.signer(Some(text))?.address());
        }
        match text.parse::<Address>() {
            Ok(address) => Ok(address),
            Err(error) => match self.keystore().show(text) {
                Ok(entry) => Ok(entry.address()),
                Err(key_error) if key_error.code() == "key_damaged" => Err(key_error.into()),
                Err(_) => Err(CliError::new(
                    Exit::Usage,
                    "bad_address",
                    format!("{text:?} is neither an address ({error}) nor the name of a key"),
                )),
            },
        }
    }

    /// The key that pays: the one named, or the only one there is.
    ///
    /// # Errors
    /// Exit code 7 if it does not exist, 2 if there is a choice.
    pub fn signer(&self, name: Option<&str>) -> Result<Signer, CliError> {
        if let Some(name) = name {
            if let Some(index) = name.strip_prefix("dev-operator:") {
                let bad =
                    |_| CliError::usage("expected dev-operator:N, for example dev-operator:0");
                return index.parse().map(Signer::DevOperator).map_err(bad);
            }
            return match dev_index(name)? {
                Some(index) => Ok(Signer::Dev(index)),
                None => Ok(Signer::Stored(Box::new(self.keystore().show(name)?))),
            };
        }
        let mut keys = self.keystore().list()?;
        match (keys.pop(), keys.is_empty()) {
            (Some(entry), true) => Ok(Signer::Stored(Box::new(entry?))),
            (None, _) => Err(CliError::new(
                Exit::Key,
                "no_key",
                "there is no key yet: make one with `althing keys add NAME`, or use --from dev:0 on a \
                 development network",
            )),
            (Some(_), false) => {
                Err(CliError::usage("there are several keys: choose one with --from"))
            }
        }
    }

    /// Opens the consensus key of a validator, asking for its password if it has one: the file that
    /// is named, or `validator.key` of the home folder.
    ///
    /// # Errors
    /// Exit code 7 if there is none, the password is wrong, or the file damaged.
    pub fn consensus_key(&self, file: Option<&Path>) -> Result<ConsensusKey, CliError> {
        let path = file.map_or_else(|| self.home().join("validator.key"), Path::to_owned);
        let encrypted = validator_key::inspect(&path)?.encrypted;
        let password = if encrypted { Some(self.password("the validator key")?) } else { None };
        Ok(ConsensusKey::read(&path, password.as_ref().map(|password| password.as_str()))?)
    }

    /// Opens a key, asking for its password if it has one.
    ///
    /// # Errors
    /// Exit code 7 if the password is wrong or the file damaged.
    pub fn unlock(&self, signer: &Signer) -> Result<SecretKey, CliError> {
        match signer {
            Signer::Dev(index) => Ok(dev::account(*index)),
            Signer::DevOperator(index) => Ok(crate::run::dev_operator(*index)),
            Signer::Consensus(key) => Ok(key.account()),
            Signer::Stored(entry) => {
                let password = self.password(&format!("the key {:?}", entry.name))?;
                Ok(self.keystore().unlock(&entry.name, &password)?.key)
            }
        }
    }
}

/// A key that can sign.
#[derive(Clone, Debug)]
pub enum Signer {
    /// A well-known account of development networks.
    Dev(u32),
    /// The operator of a validator of `althing dev`.
    DevOperator(u16),
    /// The node's own account, whose key is the validator's consensus key.
    Consensus(Arc<ConsensusKey>),
    /// A key in the keystore.
    Stored(Box<Entry>),
}

impl Signer {
    /// The public key.
    pub fn public_key(&self) -> althing_types::keys::PublicKey {
        match self {
            Self::Dev(index) => dev::account(*index).public_key(),
            Self::DevOperator(index) => crate::run::dev_operator(*index).public_key(),
            Self::Consensus(key) => key.account().public_key(),
            Self::Stored(entry) => entry.public_key.clone(),
        }
    }

    /// The account.
    pub fn address(&self) -> Address {
        self.public_key().address()
    }
}

fn dev_index(text: &str) -> Result<Option<u32>, CliError> {
    let Some(index) = text.strip_prefix("dev:") else { return Ok(None) };
    index.parse().map(Some).map_err(|_| CliError::usage("expected dev:N, for example dev:0"))
}

/// Reads a text file, or standard input if the path is `-`.
///
/// # Errors
/// Exit code 1 with the path and what the file system says.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    let result = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    result.map_err(|error| CliError::io(path, &error))
}

/// Writes a new text file; never over another one.
///
/// # Errors
/// Exit code 1 if it exists or cannot be written.
pub fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let path = path.display();
            CliError::new(
                Exit::Failed,
                "exists",
                format!("{path} exists already and is never overwritten: move it away first"),
            )
        } else {
            CliError::io(path, &error)
        }
    })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| CliError::io(path, &error))
}

/// Replaces a text file: the old or the new content is there, never a part.
///
/// # Errors
/// Exit code 1 if it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), CliError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|error| CliError::io(path, &error))
}
