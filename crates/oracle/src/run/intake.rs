//! Takes sources in.

use super::{Daemon, Job, OracleError, basket::Basket, pauses};
use crate::{
    plan,
    settings::{Settings, Source},
    source::{self, FileEntry, Portion, Reader, Shown, SourceFormat, Stamp, Survey},
    store::Taken,
};
use althing_meters::{Fault, backfill::Cursor};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// From one look at the clock to the next, where a device is waited for.
const GLANCE: Duration = Duration::from_millis(100);

/// Something that a task beside the loop has found.
pub(super) enum Piece {
    /// A file was read once, and is open behind its cursor.
    File(usize, FileEntry, Box<Result<(Survey, Cursor, Reader), Fault>>),
    /// A device was asked.
    Device(usize, u64, Result<Vec<Shown>, Fault>),
}

/// What tasks beside the loop have found.
pub(super) struct News {
    sender: mpsc::Sender<Piece>,
    receiver: mpsc::Receiver<Piece>,
    next: Option<Piece>,
}

impl News {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(64);
        Self { sender, receiver, next: None }
    }

    /// Waits until there are news.
    pub(super) async fn arrives(&mut self) {
        if self.next.is_none() {
            self.next = self.receiver.recv().await;
        }
    }

    fn take(&mut self) -> Option<Piece> {
        self.next.take().or_else(|| self.receiver.try_recv().ok())
    }
}

/// The files of a source.
pub(super) struct Files {
    source: usize,
    /// To be looked at.
    queue: VecDeque<FileEntry>,
    /// Being read for the first time, beside the loop.
    preparing: bool,
    /// Being taken in.
    reading: Option<(FileEntry, Cursor, Reader)>,
    /// When the path was looked at last.
    looked: Option<Instant>,
    /// Files with a fault, by name, with the stamp that they had.
    faulty: BTreeMap<String, (Stamp, String)>,
    /// What is wrong with the path.
    fault: Option<String>,
    /// Records of each file.
    totals: BTreeMap<String, u64>,
}

impl Files {
    /// Those of every source that is no device.
    pub(super) fn all(settings: &Settings) -> Vec<Self> {
        let of_files = |(_, source): &(usize, &Source)| source.format != SourceFormat::Sunspec;
        let files = settings.sources.iter().enumerate().filter(of_files).map(|(source, _)| Self {
            source,
            queue: VecDeque::new(),
            preparing: false,
            reading: None,
            looked: None,
            faulty: BTreeMap::new(),
            fault: None,
            totals: BTreeMap::new(),
        });
        files.collect()
    }

    /// Whether there is nothing to read before the next look.
    pub(super) fn at_end(&self) -> bool {
        let idle = self.queue.is_empty() && !self.preparing && self.reading.is_none();
        self.looked.is_some() && idle
    }

    pub(super) const fn source(&self) -> usize {
        self.source
    }

    /// Records of all files that were looked into.
    pub(super) fn total(&self) -> u64 {
        self.totals.values().sum()
    }

    /// What is wrong now.
    pub(super) fn trouble(&self) -> Option<String> {
        self.fault.clone().or_else(|| self.faulty.values().next().map(|(_, words)| words.clone()))
    }
}

impl Daemon {
    /// Takes in a portion of each source. Whether there is more at once.
    pub(super) fn read(&mut self) -> Result<bool, OracleError> {
        while let Some(piece) = self.news.take() {
            match piece {
                Piece::File(source, entry, opened) => self.opened(source, entry, *opened),
                Piece::Device(source, at, shown) => self.shown(source, at, shown)?,
            }
        }
        let mut more = false;
        for number in 0..self.files.len() {
            more |= self.read_files(number)?;
        }
        Ok(more)
    }

    /// One step of a source of files.
    fn read_files(&mut self, number: usize) -> Result<bool, OracleError> {
        let source = self.files[number].source;
        if self.files[number].preparing {
            return Ok(false);
        }
        if let Some((entry, cursor, mut reader)) = self.files[number].reading.take() {
            match reader.portion() {
                Ok(Some(portion)) => {
                    let next = portion.next;
                    self.take_portion(source, &entry, portion)?;
                    self.files[number].reading = Some((entry, next, reader));
                }
                Ok(None) => {
                    let name = &self.settings.sources[source].name;
                    self.store.file_done(name, &entry.name, (cursor, entry.stamp))?;
                }
                Err(fault) => self.faulty(number, &entry, &fault),
            }
            return Ok(true);
        }
        if let Some(entry) = self.files[number].queue.pop_front() {
            return self.prepare_file(number, entry);
        }
        let poll = Duration::from_secs(self.settings.sources[source].poll_s);
        if self.files[number].looked.is_none_or(|at| at.elapsed() >= poll) {
            self.look(number);
            return Ok(!self.files[number].queue.is_empty());
        }
        Ok(false)
    }

    fn look(&mut self, number: usize) {
        let files = &mut self.files[number];
        files.looked = Some(Instant::now());
        let source = &self.settings.sources[files.source];
        let Some(path) = &source.path else { return };
        match source::files(path) {
            Ok(found) => {
                files.fault = None;
                files.queue = found.into();
            }
            Err(error) => {
                let words = format!("source {:?}: {}: {error}", source.name, path.display());
                files.fault = Some(words.clone());
                self.trouble(words);
            }
        }
    }

    /// Reads a file once beside the loop, unless it was taken in as it is.
    fn prepare_file(&mut self, number: usize, entry: FileEntry) -> Result<bool, OracleError> {
        let files = &mut self.files[number];
        if files.faulty.get(&entry.name).is_some_and(|(stamp, _)| *stamp == entry.stamp) {
            return Ok(true);
        }
        let source = self.settings.sources[files.source].clone();
        let known = self.store.file(&source.name, &entry.name)?;
        if known.done == Some(entry.stamp) {
            files.totals.entry(entry.name.clone()).or_insert(known.cursor.records);
            return Ok(true);
        }
        files.preparing = true;
        let (sender, place) = (self.news.sender.clone(), files.source);
        self.tasks.spawn(async move {
            let path = entry.path.clone();
            let work = move || {
                let survey = source::survey(&source, &path)?;
                let reader = Reader::open(&source, &path, known.cursor)?;
                Ok((survey, known.cursor, reader))
            };
            if let Ok(opened) = tokio::task::spawn_blocking(work).await {
                // Nobody listens any more once the daemon has stopped.
                let _ = sender.send(Piece::File(place, entry, Box::new(opened))).await;
            }
        });
        Ok(false)
    }

    fn opened(
        &mut self,
        source: usize,
        entry: FileEntry,
        opened: Result<(Survey, Cursor, Reader), Fault>,
    ) {
        let Some(number) = self.files.iter().position(|files| files.source == source) else {
            return;
        };
        self.files[number].preparing = false;
        match opened {
            Ok((survey, cursor, reader)) => {
                self.report(source, &entry, &survey);
                let files = &mut self.files[number];
                files.totals.insert(entry.name.clone(), survey.records);
                files.faulty.remove(&entry.name);
                files.reading = Some((entry, cursor, reader));
            }
            Err(fault) => self.faulty(number, &entry, &fault),
        }
    }

    /// Says what was found in a file.
    fn report(&self, source: usize, entry: &FileEntry, survey: &Survey) {
        let name = &self.settings.sources[source].name;
        for channel in &survey.report.channels {
            for (finding, count) in &channel.findings {
                let first = count.first.first().map_or(0, |example| example.start);
                tracing::warn!(
                    source = name,
                    file = entry.name,
                    "{} {}: {finding:?}, {} times, first at {}",
                    channel.id,
                    channel.channel,
                    count.count,
                    plan::time(first)
                );
            }
        }
    }

    fn faulty(&mut self, number: usize, entry: &FileEntry, fault: &Fault) {
        let files = &mut self.files[number];
        let name = &self.settings.sources[files.source].name;
        let words = format!("source {name:?}: {}: {fault}", entry.path.display());
        files.faulty.insert(entry.name.clone(), (entry.stamp, words.clone()));
        self.trouble(words);
    }

    fn take_portion(
        &mut self,
        source: usize,
        entry: &FileEntry,
        portion: Portion,
    ) -> Result<(), OracleError> {
        let mut basket = Basket::new(&self.settings.sources[source], source);
        for (record, found) in &portion.records {
            basket.record((&self.lines, &self.points), record, found);
        }
        let file = (self.settings.sources[source].name.clone(), entry.name.clone(), portion.next);
        self.store_basket(basket, Some(file))
    }

    fn shown(
        &mut self,
        source: usize,
        at: u64,
        shown: Result<Vec<Shown>, Fault>,
    ) -> Result<(), OracleError> {
        match shown {
            Ok(shown) => {
                let mut basket = Basket::new(&self.settings.sources[source], source);
                let lines = (self.lines.as_slice(), &self.points);
                shown.iter().for_each(|one| basket.device(lines, at, one));
                self.store_basket(basket, None)
            }
            Err(fault) => {
                let name = &self.settings.sources[source].name;
                let words = format!("source {name:?}: {fault}");
                self.store.count(
                    &format!("source {name}"),
                    &format!("fault {}", fault.code()),
                    1,
                )?;
                self.trouble(words);
                Ok(())
            }
        }
    }

    fn store_basket(
        &mut self,
        basket: Basket,
        file: Option<(String, String, Cursor)>,
    ) -> Result<(), OracleError> {
        let keep = self.settings.limits.keep_days.saturating_mul(86_400);
        let states: Vec<_> = basket.states.into_iter().collect();
        let mut taken = Taken { file, refusals: basket.refusals, ..Taken::default() };
        taken.counts = basket.counts.into_iter().map(|((s, n), more)| (s, n, more)).collect();
        for (line, span) in &basket.spans {
            taken.spans.push((self.lines[*line].id, *span));
        }
        for (line, state) in &states {
            let line = &self.lines[*line];
            taken.states.push((line.id, *state));
            if keep > 0 && line.job == Job::Attest {
                taken.forget.push((line.id, state.last_end().saturating_sub(keep)));
            }
        }
        self.store.take(&taken)?;
        for (line, state) in states {
            self.lines[line].state = state;
        }
        for (line, _) in basket.spans {
            let line = &mut self.lines[line];
            line.waiting += u64::from(line.job == Job::Feed);
        }
        Ok(())
    }

    /// Asks every device at the multiples of its time.
    pub(super) fn ask_devices(&mut self) {
        for (number, source) in self.settings.sources.iter().enumerate() {
            let Some(address) = source.address else { continue };
            let (unit, poll_s) = (source.unit_id, source.poll_s.max(1));
            let (clock, sender) = (Arc::clone(&self.clock), self.news.sender.clone());
            self.tasks.spawn(async move {
                loop {
                    let due = (clock.now_s() / poll_s + 1).saturating_mul(poll_s);
                    while clock.now_s() < due {
                        tokio::time::sleep(GLANCE).await;
                    }
                    for pause in pauses() {
                        let at = clock.now_s();
                        let shown = source::ask(address, unit).await;
                        let good = shown.is_ok();
                        if sender.send(Piece::Device(number, at, shown)).await.is_err() {
                            return;
                        }
                        if good {
                            break;
                        }
                        tokio::time::sleep(pause).await;
                    }
                }
            });
        }
    }
}
