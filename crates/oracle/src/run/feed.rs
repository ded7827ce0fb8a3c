//! Sends what meters counted.

use super::{Daemon, Held, Job, Line, OracleError, Patience, send::Handed};
use crate::{
    chain::{MeterAt, Tip},
    clock,
    plan::{self, Cut, Head, Rules},
    store::{Content, Sent},
};
use althing_client::meter_key::Unsigned;
use althing_types::{Address, Height, List, Payload, energy::Reading, message::SubmitReadings};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks after which a meter that cannot be sent is looked at again.
const BLOCKED: u64 = 8;

/// What is known about sending.
#[derive(Debug)]
pub(super) struct State {
    pub(super) patience: Patience,
    /// Readings of the next transaction at most: fewer after one of several was refused, so that the
    /// others go on without it.
    pub(super) batch: usize,
    /// Where the next transaction begins to look, so that every meter has its turn.
    turn: usize,
    /// What holds everything back.
    pub(super) held: Option<Held>,
}

impl State {
    pub(super) fn new(batch: usize) -> Self {
        Self { patience: Patience::default(), batch, turn: 0, held: None }
    }
}

/// Readings of a transaction that is being made.
#[derive(Default)]
struct Load {
    readings: Vec<Reading>,
    sent: Vec<Sent>,
}

impl Daemon {
    /// Sends what can be sent now.
    pub(super) async fn feed(&mut self, tip: Tip) -> Result<(), OracleError> {
        let Some((_, params)) = &self.params else { return Ok(()) };
        let now_s = self.clock.now_s();
        if let Some(words) = clock::skewed(now_s, tip.seconds(), params.clock_skew_s) {
            if self.feed.held.is_none() {
                self.store.count("feed", "held timestamp_skew", 1)?;
            }
            // A clock behind the chain stays there; if it is ahead, the node may lag and catch up.
            let passes = now_s > tip.seconds();
            self.feed.held = Some(Held { words: words.clone(), passes });
            self.trouble(words);
            return Ok(());
        }
        self.feed.held = None;
        let rules = Rules {
            slot_s: params.slot_s,
            max_age_s: params.max_age_s,
            split_longest_s: self.settings.limits.split_longest_s,
        };
        let Some(provider) = self.provider() else { return Ok(()) };
        if tip.height < self.feed.patience.until || !self.may_submit(provider).await? {
            return Ok(());
        }
        while self.sendings.len() < self.settings.limits.in_flight {
            let load = self.load(provider, rules, (tip, now_s)).await?;
            if load.readings.is_empty() || !self.send_load(provider, load).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the provider may submit now; asked only if there is something to send.
    async fn may_submit(&mut self, provider: Address) -> Result<bool, OracleError> {
        if self.lines.iter().all(|line| line.waiting == 0) {
            return Ok(false);
        }
        let held = match self.chain.provider(provider).await? {
            None => Held::for_good(format!("the account {provider} is no provider: register it")),
            Some(found) if found.obstacles.is_empty() => return Ok(true),
            Some(found) => Held { words: found.obstacles.join("; "), passes: found.passes },
        };
        self.trouble(held.words.clone());
        self.feed.held = Some(held);
        Ok(false)
    }

    /// Collects readings of meters that are not on their way, in the order of their sequences.
    async fn load(
        &mut self,
        provider: Address,
        rules: Rules,
        (tip, now_s): (Tip, u64),
    ) -> Result<Load, OracleError> {
        let readings = self.sendings.iter().filter_map(|sending| match &sending.content {
            Content::Readings(readings) => Some(readings),
            Content::Reports(_) => None,
        });
        let busy: BTreeSet<i64> = readings.flatten().map(|reading| reading.series).collect();
        let mut load = Load::default();
        let count = self.lines.len();
        for step in 0..count {
            let place = (self.feed.turn + step) % count;
            let line = &self.lines[place];
            let idle = line.job == Job::Feed && line.waiting > 0 && !busy.contains(&line.id);
            let held = line.blocked.as_ref().is_some_and(|(_, until)| tip.height < *until);
            if !idle || held {
                continue;
            }
            if self.ready(place, provider, tip).await? {
                self.cut(place, &mut load, (&rules, now_s))?;
            }
            if load.sent.len() >= self.feed.batch {
                self.feed.turn = (place + 1) % count;
                break;
            }
        }
        Ok(load)
    }

    /// Learns where a meter stands. Whether it can be sent for.
    async fn ready(
        &mut self,
        place: usize,
        provider: Address,
        tip: Tip,
    ) -> Result<bool, OracleError> {
        if self.lines[place].head.is_some() {
            return Ok(true);
        }
        let (meter, since) = (self.lines[place].meter, self.lines[place].since);
        let found = self.chain.meter(meter).await?;
        if found.as_ref().is_some_and(|found| found.height < since) {
            return Ok(false);
        }
        let line = &mut self.lines[place];
        match obstacle(line, found.as_ref(), provider, &self.keys) {
            Some(words) => {
                let until = Height::new(tip.height.get().saturating_add(BLOCKED));
                let words = format!("meter {:?}: {words}", line.name);
                line.blocked = Some((words.clone(), until));
                self.trouble(words);
                Ok(false)
            }
            None => {
                let last_end = found.as_ref().map_or(0, |found| found.last_end);
                (line.head, line.blocked) = (found, None);
                let gone = self.store.forget(line.id, last_end)?;
                line.waiting = line.waiting.saturating_sub(gone);
                Ok(line.waiting > 0)
            }
        }
    }

    /// Cuts readings of a meter until the load is full.
    fn cut(
        &mut self,
        place: usize,
        load: &mut Load,
        (rules, now_s): (&Rules, u64),
    ) -> Result<(), OracleError> {
        let line = &self.lines[place];
        let (Some(meter), Some(identity)) = (&line.head, &self.identity) else { return Ok(()) };
        let Some(key) = self.keys.meters.get(&line.name) else { return Ok(()) };
        let mut head = Head {
            sequence: meter.sequence,
            total_wh: meter.total_wh,
            last_end: meter.last_end,
            max_w: meter.max_w,
        };
        let room = self.feed.batch.saturating_sub(load.sent.len());
        let spans = self.store.spans(line.id, head.last_end, room)?;
        let mut refused = Vec::new();
        'spans: for span in spans {
            loop {
                if load.sent.len() >= self.feed.batch {
                    break 'spans;
                }
                match plan::cut(&span, &head, rules, now_s) {
                    Cut::Past => break,
                    Cut::Wait => break 'spans,
                    Cut::Refuse { code, words } => {
                        refused.push((span, code, words));
                        break;
                    }
                    Cut::Reading { start, seconds, wh, total_wh } => {
                        let (meter, sequence, signed_at) = (line.meter, head.sequence, now_s);
                        let unsigned =
                            Unsigned { meter, sequence, start, seconds, wh, total_wh, signed_at };
                        load.readings.push(key.reading(&identity.chain_id, unsigned));
                        load.sent.push(Sent { series: line.id, sequence, start, seconds, wh });
                        head.sequence += 1;
                        head.total_wh = total_wh;
                        head.last_end = start.saturating_add(seconds.into());
                    }
                }
            }
        }
        for (span, code, words) in refused {
            self.refuse_span(place, &span, (code, &words))?;
        }
        Ok(())
    }

    /// Sends a load. Whether another one can follow at once.
    async fn send_load(&mut self, provider: Address, load: Load) -> Result<bool, OracleError> {
        let Some(readings) = List::new(load.readings) else { return Ok(false) };
        let payload = Payload::SubmitReadings(SubmitReadings { provider, readings });
        let content = Content::Readings(load.sent.clone());
        match self.send(Job::Feed, payload, content).await? {
            Handed::Sent => Ok(true),
            Handed::Refused { code, message } => {
                self.store.count("feed", "retries", 1)?;
                let height = self.tip.map_or(Height::ZERO, |tip| tip.height);
                self.forget_heads(&load.sent, height);
                self.readings_refused(&load.sent, (&code, &message))?;
                Ok(false)
            }
        }
    }

    /// Readings are on the chain: so many intervals of these channels wait no more.
    pub(super) fn readings_done(&mut self, gone: &[(i64, u64)], height: Height) {
        self.feed.patience.succeed();
        self.feed.batch = (self.feed.batch * 2).min(self.settings.limits.batch);
        let mut series = BTreeMap::<i64, u64>::new();
        for (id, spans) in gone {
            *series.entry(*id).or_default() += spans;
        }
        for line in &mut self.lines {
            if let Some(spans) = series.get(&line.id) {
                line.waiting = line.waiting.saturating_sub(*spans);
                (line.head, line.since) = (None, height);
            }
        }
    }

    /// Where these meters stand is asked again.
    pub(super) fn forget_heads(&mut self, readings: &[Sent], height: Height) {
        let series: BTreeSet<i64> = readings.iter().map(|reading| reading.series).collect();
        for line in self.lines.iter_mut().filter(|line| series.contains(&line.id)) {
            (line.head, line.since) = (None, height);
        }
    }
}

/// Why nothing can be sent for a meter.
fn obstacle(
    line: &Line,
    found: Option<&MeterAt>,
    provider: Address,
    keys: &crate::keys::Keys,
) -> Option<String> {
    let id = hex::encode(line.meter);
    let Some(found) = found else {
        return Some(format!(
            "the chain knows no meter {id}: register it, or correct its key file"
        ));
    };
    let key = keys.meters.get(&line.name).map(|key| key.public());
    if found.provider != provider {
        return Some(format!("it is bound to {}, not to {provider}", found.provider));
    }
    if found.revoked {
        return Some("its key was revoked: give it another one".to_owned());
    }
    if key != Some(&found.key) {
        return Some(format!("its key on the chain is {}: use the file of that key", found.key));
    }
    None
}
