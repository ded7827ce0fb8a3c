//! Publishes what is known now.

use super::{Daemon, Job, OracleError};
use crate::{
    progress::{FeedProgress, OracleProgress, Progress, SourceProgress},
    settings::Source,
    source::SourceFormat,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// From one picture to the next.
const VIEW: Duration = Duration::from_millis(250);

impl Daemon {
    /// Publishes, unless that was just done.
    pub(super) fn show(&mut self, always: bool) -> Result<(), OracleError> {
        if !always && self.shown.is_some_and(|at| at.elapsed() < VIEW) {
            return Ok(());
        }
        self.shown = Some(Instant::now());
        let now = i64::try_from(self.clock.now_s()).unwrap_or(i64::MAX);
        let block = self.tip.map(|tip| i64::try_from(tip.seconds()).unwrap_or(i64::MAX));
        let sources = self.settings.sources.iter().enumerate();
        let progress = Progress {
            height: self.tip.map(|tip| tip.height),
            connected: self.connected,
            clock_off_s: block.map_or(0, |block| now.saturating_sub(block)),
            sources: sources.map(|(number, source)| self.source(number, source)).collect(),
            feed: self.show_feed()?,
            oracle: self.show_oracle(),
            in_flight: self.sendings.len(),
            finished: false,
            trouble: self.trouble.clone(),
        };
        self.progress.send_replace(progress);
        Ok(())
    }

    /// What was counted of something, by what follows a word.
    fn counted(&self, scope: &str, word: &str) -> BTreeMap<String, u64> {
        let tallies = self.store.tallies();
        let first = (scope.to_owned(), word.to_owned());
        let of = tallies.range(first..).take_while(|((s, n), _)| s == scope && n.starts_with(word));
        of.map(|((_, name), count)| (name[word.len()..].to_owned(), *count)).collect()
    }

    fn source(&self, number: usize, source: &Source) -> SourceProgress {
        let scope = format!("source {}", source.name);
        let count = |name: &str| self.store.tally(&scope, name);
        let files = self.files.iter().find(|files| files.source() == number);
        let device = source.format == SourceFormat::Sunspec;
        let of_it = self.lines.iter().filter(|line| line.source == number);
        SourceProgress {
            name: source.name.clone(),
            format: source.format.name(),
            total: files.filter(|_| !device).map(super::intake::Files::total),
            read: count("read"),
            counted: count("counted"),
            unmapped: count("unmapped"),
            left_out: self.counted(&scope, "left-out "),
            findings: self.counted(&scope, "finding "),
            queued: of_it.map(|line| line.waiting).sum(),
            sent: count("sent"),
            attested: count("attested"),
            at_end: files.is_some_and(super::intake::Files::at_end),
            fault: files.and_then(super::intake::Files::trouble),
        }
    }

    fn show_feed(&mut self) -> Result<Option<FeedProgress>, OracleError> {
        if self.settings.feed.is_none() {
            return Ok(None);
        }
        let undecided = u64::try_from(self.store.batches()?.len()).unwrap_or(u64::MAX);
        let feed = self.lines.iter().filter(|line| line.job == Job::Feed);
        let blocked = |line: &super::Line| {
            let (words, _) = line.blocked.as_ref()?;
            Some((line.name.clone(), words.clone()))
        };
        let count = |name: &str| self.store.tally("feed", name);
        Ok(Some(FeedProgress {
            queued: feed.clone().map(|line| line.waiting).sum(),
            undecided,
            sent: count("sent"),
            sent_wh: count("sent-wh"),
            attested: count("attested"),
            attested_wh: count("attested-wh"),
            refused: self.counted("feed", "refused "),
            retries: count("retries"),
            held: self.feed.held.as_ref().map(|held| held.words.clone()),
            blocked: feed.filter_map(blocked).collect(),
        }))
    }

    fn show_oracle(&self) -> Option<OracleProgress> {
        self.settings.attest.as_ref()?;
        let count = |name: &str| self.store.tally("attest", name);
        Some(OracleProgress {
            reports: count("reports"),
            agreed: count("agreed"),
            contradicted: count("contradicted"),
            abstained: count("abstained"),
            missed: count("missed"),
            late: count("late"),
            waiting: self.attest.waiting(),
            retries: count("retries"),
        })
    }
}
