//! Checks what others sent, and reports.

use super::{Daemon, Held, Job, Line, OracleError, Patience, send::Handed};
use crate::{
    chain::{BatchAt, ReadingAt, Tip},
    judge::{Claim, Tolerance, Verdict, Why, judge},
    plan,
    store::{Content, Report},
};
use althing_types::{
    Address, Hash, Height, List, Payload, energy::ReportItem, limits::MAX_REPORT_ITEMS,
    message::AttestReadings,
};
use std::collections::{BTreeMap, BTreeSet};

/// Pages of batches that are asked for after a block.
const PAGES: usize = 20;
/// Batches that went without a report, asked about after a block.
const ASKED: usize = 32;
/// Own intervals that one reading may touch.
const SPANS: usize = 4_096;
/// For how many blocks a listing may still name a batch that was reported about.
const SETTLING: u64 = 8;

/// What is known about checking.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) patience: Patience,
    /// Why no report counts.
    pub(super) held: Option<Held>,
    /// Batches that were reported about lately, and when.
    recent: BTreeMap<u64, Height>,
    /// Batches that wait for own data: for which channel, and up to when it must come.
    parked: BTreeMap<u64, (usize, u64)>,
}

impl State {
    /// How many batches wait for own data.
    pub(super) fn waiting(&self) -> u64 {
        u64::try_from(self.parked.len()).unwrap_or(u64::MAX)
    }
}

/// What is found about a batch.
struct Finding {
    report: Report,
    /// The channel whose data may still come, and up to when they must.
    waits: Option<(usize, u64)>,
}

impl Daemon {
    /// Reports about what can be reported about now.
    pub(super) async fn attest(&mut self, tip: Tip) -> Result<(), OracleError> {
        let Some(oracle) = self.oracle() else { return Ok(()) };
        let settled = |height: &Height| height.get().saturating_add(SETTLING) < tip.height.get();
        self.attest.recent.retain(|_, height| !settled(height));
        let (open, complete) = self.open_batches(oracle).await?;
        // What others have decided cannot be missed any more, only reported about late.
        let undecided = open.iter().filter(|batch| !batch.is_decided());
        let owed: Vec<_> = undecided.filter_map(|b| Some((b.number, b.expires?))).collect();
        let known: BTreeSet<u64> = self.store.duties()?.into_iter().map(|(n, _)| n).collect();
        if owed.iter().any(|(number, _)| !known.contains(number)) {
            self.store.owe(&owed)?;
        }
        let ready = self.sort_out(&open, tip)?;
        if tip.height >= self.attest.patience.until {
            self.send_reports(oracle, &ready).await?;
        }
        let listed: BTreeSet<u64> = open.iter().map(|batch| batch.number).collect();
        self.look_for_missed(oracle, tip, (&listed, complete)).await
    }

    /// The reports that are ready; batches that wait for own data are parked.
    fn sort_out(&mut self, open: &[BatchAt], tip: Tip) -> Result<Vec<Report>, OracleError> {
        let flying = self.flying_reports();
        let lines = self.attest_lines();
        let (mut ready, mut parked) = (Vec::new(), BTreeMap::new());
        for batch in open {
            let recent = self.attest.recent.contains_key(&batch.number);
            if flying.contains(&batch.number) || recent {
                continue;
            }
            let patient = batch.can_wait(tip, self.settings.limits.margin_blocks);
            let for_what = self.attest.parked.get(&batch.number).copied();
            let came = |(line, end): (usize, u64)| self.lines[line].state.last_end() >= end;
            if let Some(for_what) = for_what.filter(|it| patient && !came(*it)) {
                parked.insert(batch.number, for_what);
                continue;
            }
            let finding = self.find(&lines, batch)?;
            match finding.waits.filter(|_| patient) {
                Some(for_what) => drop(parked.insert(batch.number, for_what)),
                None => ready.push(finding.report),
            }
        }
        self.attest.parked = parked;
        Ok(ready)
    }

    /// Batches that can be reported about, and whether these are all.
    async fn open_batches(&mut self, oracle: Address) -> Result<(Vec<BatchAt>, bool), OracleError> {
        let (mut open, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = self.chain.undecided(oracle, after).await?;
            open.extend(page.batches.into_iter().filter(|batch| !batch.is_lapsed()));
            after = page.next;
            if after.is_none() {
                return Ok((open, true));
            }
        }
        Ok((open, false))
    }

    fn flying_reports(&self) -> BTreeSet<u64> {
        let reports = self.sendings.iter().filter_map(|sending| match &sending.content {
            Content::Reports(reports) => Some(reports),
            Content::Readings(_) => None,
        });
        reports.flatten().map(|report| report.batch).collect()
    }

    /// The places of channels of meters that are checked.
    fn attest_lines(&self) -> BTreeMap<Hash, usize> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| line.job == Job::Attest);
        lines.map(|(place, line)| (line.meter, place)).collect()
    }

    /// Judges every reading of a batch.
    fn find(
        &mut self,
        lines: &BTreeMap<Hash, usize>,
        batch: &BatchAt,
    ) -> Result<Finding, OracleError> {
        let readings = u8::try_from(batch.readings.len()).unwrap_or(u8::MAX);
        let mut report = Report { batch: batch.number, agree: 0, contradict: 0, readings };
        let mut waits = None;
        for (place, reading) in batch.readings.iter().enumerate().take(64) {
            let bit = 1_u64 << place;
            let line = lines.get(&reading.meter).copied();
            match self.judge(line, reading)? {
                Verdict::Agree => report.agree |= bit,
                Verdict::Contradict => report.contradict |= bit,
                Verdict::Abstain(Why::NotYet) => {
                    let end = reading.start.saturating_add(reading.seconds.into());
                    waits = waits.or(line.map(|line| (line, end)));
                }
                Verdict::Abstain(_) => {}
            }
        }
        Ok(Finding { report, waits })
    }

    fn judge(&mut self, line: Option<usize>, reading: &ReadingAt) -> Result<Verdict, OracleError> {
        let Some(place) = line else { return Ok(Verdict::Abstain(Why::NoMeter)) };
        let (start, wh) = (reading.start, reading.wh);
        let end = start.saturating_add(reading.seconds.into());
        let spans = self.store.spans_over(self.lines[place].id, (start, end), SPANS)?;
        let line: &Line = &self.lines[place];
        let tolerance = self.settings.attest.as_ref().map_or_else(Tolerance::default, |attest| {
            Tolerance { ppm: attest.tolerance_ppm, wh: attest.tolerance_wh }
        });
        let verdict = judge(Claim { start, end, wh }, &spans, line.state.last_end(), tolerance);
        if verdict == Verdict::Contradict {
            tracing::warn!(
                "meter {:?}, {} s from {}: {wh} Wh are not what {} {} says",
                line.name,
                reading.seconds,
                plan::time(start),
                line.channel.id,
                line.channel.channel
            );
        }
        Ok(verdict)
    }

    async fn send_reports(
        &mut self,
        oracle: Address,
        reports: &[Report],
    ) -> Result<(), OracleError> {
        for some in reports.chunks(MAX_REPORT_ITEMS) {
            if self.sendings.len() >= self.settings.limits.in_flight {
                break;
            }
            let item = |report: &Report| ReportItem {
                batch: report.batch,
                agree: report.agree,
                contradict: report.contradict,
            };
            let Some(items) = List::new(some.iter().map(item).collect()) else { break };
            let payload = Payload::AttestReadings(AttestReadings { oracle, items });
            let content = Content::Reports(some.to_vec());
            if let Handed::Refused { code, message } =
                self.send(Job::Attest, payload, content).await?
            {
                self.store.count("attest", "retries", 1)?;
                self.reports_refused(some, (&code, &message));
                break;
            }
        }
        Ok(())
    }

    /// Reports are on the chain.
    pub(super) fn reports_done(&mut self, reports: &[Report], height: Height) {
        self.attest.patience.succeed();
        for report in reports {
            self.attest.recent.insert(report.batch, height);
        }
    }

    /// The chain refused reports.
    pub(super) fn reports_refused(&mut self, reports: &[Report], (code, message): (&str, &str)) {
        let height = self.tip.map_or(Height::ZERO, |tip| tip.height);
        if code == "no_report_counts" {
            // Everything was reported about or is over: whether by this oracle is asked below.
            self.reports_done(reports, height);
            return;
        }
        let words = format!("reports were refused ({code}): {message}");
        self.attest.patience.fail(height, Held::refusal(code, words.clone()));
        self.trouble(words);
    }

    /// Reports that nobody has: their batches are looked at again.
    pub(super) fn reports_lost(&mut self, reports: &[Report]) {
        for report in reports {
            self.attest.recent.remove(&report.batch);
        }
    }

    /// Batches that went from the list without a report of this oracle.
    async fn look_for_missed(
        &mut self,
        oracle: Address,
        tip: Tip,
        (listed, complete): (&BTreeSet<u64>, bool),
    ) -> Result<(), OracleError> {
        let (flying, last) = (self.flying_reports(), listed.last().copied());
        let gone = |number: &u64| complete || last.is_some_and(|last| *number <= last);
        let owed = self.store.duties()?;
        let mut asked = 0;
        for (number, expires) in owed {
            let expired = expires <= tip.height;
            let open = listed.contains(&number) || !gone(&number);
            if asked == ASKED || flying.contains(&number) || (open && !expired) {
                continue;
            }
            asked += 1;
            let batch = self.chain.batch(number).await?;
            if batch.as_ref().is_some_and(|batch| batch.reported.contains(&oracle)) {
                self.store.release(number, &[])?;
                continue;
            }
            if batch.as_ref().is_some_and(|batch| !batch.is_decided()) {
                continue;
            }
            if batch.as_ref().is_none_or(BatchAt::is_lapsed) {
                self.store.release(number, &[("attest".to_owned(), "missed".to_owned(), 1)])?;
                self.trouble(format!("batch {number} expired without a report of this oracle"));
            } else {
                self.store.release(number, &[("attest".to_owned(), "late".to_owned(), 1)])?;
                tracing::info!("batch {number} was decided without a report of this oracle");
            }
        }
        Ok(())
    }
}
