//! `althing db`: what a node has on disk.

use super::node::INDEX_FILE;
use crate::cli::{
    CliError, Exit,
    args::DbCommand,
    config::Config,
    context::{Context, read_text},
    output,
};
use althing_engine::node::{self, Inspection};
use althing_index::Index;
use althing_types::Genesis;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Runs `althing db …`.
///
/// # Errors
/// Exit code 5 if there is no node here, 6 if a check fails, 1 if a running node is in the way.
pub(super) fn run(context: &Context, command: &DbCommand) -> Result<(), CliError> {
    let config = Config::load(&context.home())?;
    match command {
        DbCommand::Stats => stats(context, &config),
        DbCommand::Reindex => reindex(context, &config),
        DbCommand::Check => check(context, &config),
    }
}

/// Bytes of all files under a folder.
fn size_of(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::metadata(path).map_or(0, |file| file.len());
    };
    entries.flatten().map(|entry| size_of(&entry.path())).sum()
}

/// Bytes by part of the storage: the name of a partition without the last word of it.
fn parts(data: &Path) -> BTreeMap<String, u64> {
    let mut parts = BTreeMap::new();
    let Ok(entries) = fs::read_dir(data.join("chain")) else { return parts };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name.strip_prefix("althing-").unwrap_or(&name);
        let part = name.split(['-', '_']).next().unwrap_or(name).to_owned();
        *parts.entry(part).or_default() += size_of(&entry.path());
    }
    parts
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0))
}

fn stats(context: &Context, config: &Config) -> Result<(), CliError> {
    let data = &config.node.data;
    let parts = parts(data);
    let index = data.join(INDEX_FILE);
    let counts = if index.exists() {
        let opened =
            Index::open(&index).and_then(|index| Ok((index.stats()?, index.bytes_on_disk())));
        Some(opened.map_err(|error| failed(&index, &error.to_string()))?)
    } else {
        None
    };
    let total: u64 = size_of(data);
    if context.global.json {
        let counts = counts.as_ref().map(|(stats, bytes)| {
            json!({
                "last_height": stats.last_height, "blocks": stats.blocks,
                "transactions": stats.transactions, "failed": stats.failed, "bytes": bytes,
            })
        });
        output::json(&json!({ "folder": data, "bytes": total, "parts": parts, "index": counts }));
        return Ok(());
    }
    let mut facts = vec![
        ("folder".to_owned(), data.display().to_string()),
        ("total".to_owned(), mebibytes(total)),
    ];
    facts.extend(parts.into_iter().map(|(part, bytes)| (part, mebibytes(bytes))));
    if let Some((stats, bytes)) = counts {
        let height = stats.last_height.map_or("nothing".to_owned(), |height| height.to_string());
        facts.push(("index".to_owned(), mebibytes(bytes)));
        facts.push(("indexed to height".to_owned(), height));
        facts.push(("blocks".to_owned(), stats.blocks.to_string()));
        facts.push(("transactions".to_owned(), stats.transactions.to_string()));
        facts.push(("failed transactions".to_owned(), stats.failed.to_string()));
    }
    output::facts(&facts);
    Ok(())
}

fn failed(path: &Path, reason: &str) -> CliError {
    CliError::new(Exit::Failed, "db", format!("{}: {reason}", path.display()))
}

fn genesis(config: &Config) -> Result<Genesis, CliError> {
    Ok(Genesis::from_json(&read_text(&config.node.genesis)?)?)
}

fn reindex(context: &Context, config: &Config) -> Result<(), CliError> {
    node::unused(&genesis(config)?, &config.node.data)?;
    let path = config.node.data.join(INDEX_FILE);
    for suffix in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{suffix}", path.display()));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CliError::io(&file, &error));
            }
            _ => {}
        }
    }
    if context.global.json {
        output::json(&json!({ "removed": path, "status": "ok" }));
    } else {
        output::line("the index is removed: the next start builds it anew from the blocks");
    }
    Ok(())
}

fn check(context: &Context, config: &Config) -> Result<(), CliError> {
    let bar = if context.global.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template("checking {wide_bar} {pos}/{len} blocks {eta}")
    {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let mut found = node::inspect(&genesis(config)?, &config.node.data, move |height, last| {
        if height == 1 || height == last || height.is_multiple_of(64) {
            shown.set_length(last);
            shown.set_position(height);
        }
    })?;
    bar.finish_and_clear();
    check_index(&config.node.data, &mut found)?;
    show(context, &found);
    if found.problem_count == 0 {
        return Ok(());
    }
    let count = found.problem_count;
    Err(CliError::new(Exit::False, "db_check", format!("{count} parts of the data do not agree")))
}

fn check_index(data: &Path, found: &mut Inspection) -> Result<(), CliError> {
    let path = data.join(INDEX_FILE);
    if !path.exists() {
        return Ok(());
    }
    let stats = Index::open(&path).and_then(|index| index.stats());
    let stats = stats.map_err(|error| failed(&path, &error.to_string()))?;
    if stats.last_height > Some(found.last) {
        found.problem_count += 1;
        found.problems.push("the index knows blocks that the archive has not".to_owned());
    }
    if stats.last_height == Some(found.last) && stats.transactions != found.transactions {
        found.problem_count += 1;
        found.problems.push(format!(
            "the index counts {} transactions, the blocks hold {}",
            stats.transactions, found.transactions
        ));
    }
    Ok(())
}

fn show(context: &Context, found: &Inspection) {
    if context.global.json {
        output::json(&json!({
            "blocks": found.blocks, "last_height": found.last, "transactions": found.transactions,
            "certificates": found.certificates, "receipts": found.receipts,
            "state_height": found.state_height,
            "state_root": found.state_root.as_ref().map(hex::encode),
            "state_operations": found.state_operations,
            "problems": found.problems, "problem_count": found.problem_count,
        }));
        return;
    }
    let state = found.state_height.map_or("of no block".to_owned(), |height| height.to_string());
    output::facts(&[
        ("blocks", format!("{} to height {}", found.blocks, found.last)),
        ("transactions", found.transactions.to_string()),
        ("certificates", found.certificates.to_string()),
        ("receipts", format!("of {} blocks", found.receipts)),
        ("state at height", state),
        ("state operations", found.state_operations.to_string()),
        ("problems", found.problem_count.to_string()),
    ]);
    for problem in &found.problems {
        output::line(format!("  {problem}"));
    }
}
