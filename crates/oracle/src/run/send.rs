//! Sends transactions, each once.
//!
//! A transaction is written to the queue before it is sent. Until it is included, or can be included no
//! more, its bytes are the only ones about its readings or batches that are sent: a node that lost it gets
//! the same bytes again, and the ledger takes each sequence of a meter once.

use super::{Daemon, Job, OracleError};
use crate::{
    chain::{ChainError, Outcome, Tip},
    store::{Content, Count, Report, Sending, Sent},
};
use althing_types::{Height, Payload, SecretKey};

/// Blocks in which a transaction can be included. Less than a clock may be off, so that readings are
/// signed again before they are too old.
const VALIDITY: u64 = 40;
/// Blocks after its last height for which a transaction is still asked about: a block may be known
/// whose receipts are not written.
const MARGIN: u64 = 2;

/// What became of something that was to be sent.
pub(super) enum Handed {
    /// It is on its way.
    Sent,
    /// It was refused, and nobody has it.
    Refused { code: String, message: String },
}

impl Daemon {
    /// Signs and sends.
    pub(super) async fn send(
        &mut self,
        job: Job,
        payload: Payload,
        content: Content,
    ) -> Result<Handed, OracleError> {
        let height = self.tip.map_or(Height::ZERO, |tip| tip.height);
        let valid_until = Height::new(height.get().saturating_add(VALIDITY));
        let public = self.signer(job)?.public_key();
        let prepared = self.chain.prepare(&public, &payload, valid_until).await;
        let transaction = match prepared {
            Ok(transaction) => transaction,
            Err(ChainError::Refused { code, message }) => {
                return Ok(Handed::Refused { code, message });
            }
            Err(error) => return Err(error.into()),
        };
        let signed = transaction
            .sign(self.signer(job)?)
            .map_err(|error| OracleError::NoKey(format!("that can sign: {error}")))?;
        let sending = Sending { hash: signed.hash(), transaction: signed, valid_until, content };
        self.store.begin(&sending)?;
        let submitted = self.chain.submit(&sending.transaction).await;
        match submitted {
            Ok(()) => self.sendings.push(sending),
            // Nobody else has it: it can never be included.
            Err(ChainError::Refused { code, message }) => {
                self.store.settle(&sending, false, None, &[])?;
                return Ok(Handed::Refused { code, message });
            }
            // It may have arrived. What became of it is asked after the next block.
            Err(error) => {
                self.sendings.push(sending);
                self.trouble(error.to_string());
            }
        }
        Ok(Handed::Sent)
    }

    fn signer(&self, job: Job) -> Result<&SecretKey, OracleError> {
        let key = match job {
            Job::Feed => self.keys.feed.as_ref(),
            Job::Attest => self.keys.attest.as_ref(),
        };
        key.ok_or_else(|| super::no_key("of the account"))
    }

    /// Asks what became of everything that is on its way.
    pub(super) async fn settle(&mut self, tip: Tip) -> Result<(), OracleError> {
        let mut place = 0;
        while place < self.sendings.len() {
            let sending = self.sendings[place].clone();
            let outcome = self.chain.outcome(&sending.hash).await?;
            let over = match outcome {
                Outcome::Waiting => false,
                Outcome::Done { height, batch, reported } => {
                    self.done(&sending, height, batch, &reported)?;
                    true
                }
                Outcome::Failed { height, code, message } => {
                    self.store.settle(&sending, false, None, &retried(&sending))?;
                    self.failed(&sending, height, (&code, &message))?;
                    true
                }
                Outcome::Unknown | Outcome::Dropped { .. } => {
                    self.lost(&sending, tip, &outcome).await?
                }
            };
            if over {
                self.sendings.remove(place);
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    /// A transaction that the node does not know. Whether it is given up.
    async fn lost(
        &mut self,
        sending: &Sending,
        tip: Tip,
        outcome: &Outcome,
    ) -> Result<bool, OracleError> {
        if tip.height.get() > sending.valid_until.get().saturating_add(MARGIN) {
            self.store.settle(sending, false, None, &retried(sending))?;
            self.renew(sending, tip.height);
            let reason = match outcome {
                Outcome::Dropped { reason } => reason.as_str(),
                _ => "the node does not know it",
            };
            self.trouble(format!("a transaction was not included ({reason}); it is made anew"));
            return Ok(true);
        }
        if let Err(error) = self.chain.submit(&sending.transaction).await {
            tracing::info!(%error, "a transaction was not taken again");
        }
        Ok(false)
    }

    fn done(
        &mut self,
        sending: &Sending,
        height: Height,
        batch: Option<u64>,
        reported: &[u64],
    ) -> Result<(), OracleError> {
        match &sending.content {
            Content::Readings(readings) => {
                let counts = self.sent_counts(readings);
                let gone = self.store.settle(sending, true, batch, &counts)?;
                self.readings_done(&gone, height);
            }
            Content::Reports(reports) => {
                let counted = |report: &&Report| reported.contains(&report.batch);
                let counts = report_counts(reports.iter().filter(counted));
                self.store.settle(sending, true, None, &counts)?;
                self.reports_done(reports, height);
            }
        }
        Ok(())
    }

    fn failed(
        &mut self,
        sending: &Sending,
        height: Height,
        why: (&str, &str),
    ) -> Result<(), OracleError> {
        self.renew(sending, height);
        match &sending.content {
            Content::Readings(readings) => self.readings_refused(readings, why),
            Content::Reports(reports) => {
                self.reports_refused(reports, why);
                Ok(())
            }
        }
    }

    fn sent_counts(&self, readings: &[Sent]) -> Vec<Count> {
        let mut counts = Vec::new();
        for reading in readings {
            let line = self.lines.iter().find(|line| line.id == reading.series);
            counts.push(("feed".to_owned(), "sent".to_owned(), 1));
            counts.push(("feed".to_owned(), "sent-wh".to_owned(), reading.wh));
            if let Some(line) = line {
                counts.push((format!("source {}", line.channel.source), "sent".to_owned(), 1));
            }
        }
        merged(counts)
    }
}

/// The same counts, each once.
pub(super) fn merged(counts: Vec<Count>) -> Vec<Count> {
    let mut sums = std::collections::BTreeMap::<(String, String), u64>::new();
    for (scope, name, more) in counts {
        *sums.entry((scope, name)).or_default() += more;
    }
    sums.into_iter().map(|((scope, name), more)| (scope, name, more)).collect()
}

/// That a transaction is tried again.
fn retried(sending: &Sending) -> Vec<Count> {
    let scope = match sending.content {
        Content::Readings(_) => "feed",
        Content::Reports(_) => "attest",
    };
    vec![(scope.to_owned(), "retries".to_owned(), 1)]
}

fn report_counts<'a>(reports: impl Iterator<Item = &'a Report>) -> Vec<Count> {
    let mut counts = Vec::new();
    for report in reports {
        let (agree, contradict) = (report.agree.count_ones(), report.contradict.count_ones());
        let silent = u32::from(report.readings).saturating_sub(agree + contradict);
        for (name, more) in
            [("agreed", agree), ("contradicted", contradict), ("abstained", silent), ("reports", 1)]
        {
            counts.push(("attest".to_owned(), name.to_owned(), more.into()));
        }
    }
    merged(counts)
}
