//! Files that hold secrets: written whole or not at all, readable by their owner only, and never
//! over another file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

/// Writes `bytes` to a new file `path` with mode 0600. After a crash the file is there whole or not
/// at all.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if `path` exists, and what the file system says.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let unique: u64 = rand::random();
    let temporary = folder.join(format!(".{}.{unique:016x}.tmp", name.to_string_lossy()));
    let result = write_new(&temporary, bytes).and_then(|()| publish(&temporary, path));
    // The link made the content visible under its name; the temporary name goes in any case.
    let _ = fs::remove_file(&temporary);
    result?;
    sync_folder(folder)
}

/// Makes a folder for secrets (mode 0700) with its parents.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

// A hard link fails if the name is taken, which `rename` would not. File systems without hard
// links get a check before the rename.
fn publish(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            if path.try_exists()? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(temporary, path)
        }
        result => result,
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
