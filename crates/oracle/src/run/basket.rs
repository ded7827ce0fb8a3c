//! What a portion of a source gives to the channels of meters.

use super::{Job, Line};
use crate::{
    plan,
    series::{LeftOut, Series, Span},
    settings::{Source, Spikes},
    source::Shown,
    store::Refusal,
};
use althing_meters::{Direction, Interval, Meter, Quality, Record, validate::Finding};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// How many records that do not count are said of a portion; all are counted.
const SAID: usize = 5;

/// Lines by source and metering point.
pub(super) type Points = HashMap<(usize, String), Vec<usize>>;

/// Lines, and where they are found.
pub(super) type Lines<'a> = (&'a [Line], &'a Points);

pub(super) fn points(lines: &[Line]) -> Points {
    let mut points = Points::new();
    for (place, line) in lines.iter().enumerate() {
        points.entry((line.source, line.channel.id.clone())).or_default().push(place);
    }
    points
}

/// A stable name of a finding.
fn name(finding: Finding) -> String {
    serde_json::to_value(finding)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What a portion of a source gives: all of it is kept, or nothing.
pub(super) struct Basket {
    number: usize,
    qualities: Vec<Quality>,
    hold_spikes: bool,
    capacity_w: u64,
    name: String,
    known: BTreeMap<Arc<Meter>, Vec<usize>>,
    said: usize,
    pub(super) spans: Vec<(usize, Span)>,
    pub(super) states: BTreeMap<usize, Series>,
    pub(super) counts: BTreeMap<(String, String), u64>,
    pub(super) refusals: Vec<Refusal>,
}

impl Basket {
    pub(super) fn new(source: &Source, number: usize) -> Self {
        Self {
            number,
            qualities: source.qualities.clone(),
            hold_spikes: source.spikes == Spikes::Hold,
            capacity_w: source.capacity_w.unwrap_or(u64::MAX),
            name: source.name.clone(),
            known: BTreeMap::new(),
            said: 0,
            spans: Vec::new(),
            states: BTreeMap::new(),
            counts: BTreeMap::new(),
            refusals: Vec::new(),
        }
    }

    fn count(&mut self, what: impl Into<String>) {
        let scope = format!("source {}", self.name);
        *self.counts.entry((scope, what.into())).or_default() += 1;
    }

    /// The lines of a channel.
    fn lines(&mut self, (lines, points): Lines<'_>, meter: &Arc<Meter>) -> Vec<usize> {
        if let Some(known) = self.known.get(meter) {
            return known.clone();
        }
        let at_point = points.get(&(self.number, meter.id.clone()));
        let found: Vec<usize> = at_point
            .into_iter()
            .flatten()
            .copied()
            .filter(|place| {
                let channel = &lines[*place].channel;
                let serial = channel.serial.is_none() || channel.serial == meter.serial;
                channel.channel == meter.channel && serial
            })
            .collect();
        self.known.insert(Arc::clone(meter), found.clone());
        found
    }

    /// Takes a record of a file.
    pub(super) fn record(&mut self, lines: Lines<'_>, record: &Record, found: &[Finding]) {
        self.count("read");
        for finding in found {
            self.count(format!("finding {}", name(*finding)));
        }
        let mapped = self.lines(lines, record.meter());
        if mapped.is_empty() {
            self.count("unmapped");
        }
        for place in mapped {
            let line = &lines.0[place];
            let mut state = self.state(line, place);
            let before = state.last_end();
            let Some(result) = self.offer(line, &mut state, record, found) else { continue };
            self.states.insert(place, state);
            let (start, seconds, energy) = match record {
                Record::Interval(_, one) => (one.start, one.seconds, one.milliwatt_hours),
                Record::Register(_, one) => (one.at, 0, one.milliwatt_hours),
                Record::Refused(..) => continue,
            };
            match result {
                Ok(span) => self.counts_now(place, span, before),
                Err(left) => {
                    let refused = left.is_refusal();
                    let what = (left.code(), left.to_string());
                    self.leave_out(line, (start, seconds, energy), what, refused);
                }
            }
        }
    }

    fn state(&self, line: &Line, place: usize) -> Series {
        self.states.get(&place).copied().unwrap_or(line.state)
    }

    /// What a record means to a line; none if it is not meant for it.
    fn offer(
        &self,
        line: &Line,
        state: &mut Series,
        record: &Record,
        found: &[Finding],
    ) -> Option<Result<Span, LeftOut>> {
        let channel = &line.channel;
        if self.hold_spikes && found.contains(&Finding::Spike) {
            return Some(Err(LeftOut::Spike));
        }
        match record {
            Record::Interval(_, interval) if !channel.counter => {
                let mut interval: Interval = *interval;
                if interval.direction != channel.direction {
                    if !channel.net {
                        return None;
                    }
                    (interval.milliwatt_hours, interval.direction) = (0, channel.direction);
                }
                Some(state.interval(&interval, &self.qualities))
            }
            Record::Register(_, register)
                if channel.counter && register.direction == channel.direction =>
            {
                Some(state.register(register, &self.qualities))
            }
            _ => None,
        }
    }

    /// Takes what the counter of a device shows.
    pub(super) fn device(&mut self, lines: Lines<'_>, at: u64, shown: &Shown) {
        self.count("read");
        let meter = Arc::new(shown.meter.clone());
        let mapped: Vec<usize> = self.lines(lines, &meter);
        let wanted = |place: &usize| -> bool {
            let direction: Direction = lines.0[*place].channel.direction;
            direction == shown.direction
        };
        let mapped: Vec<usize> = mapped.into_iter().filter(wanted).collect();
        if mapped.is_empty() {
            self.count("unmapped");
        }
        for place in mapped {
            let line = &lines.0[place];
            let mut state = self.state(line, place);
            let before = state.last_end();
            let counter = (at, shown.counter);
            let result = state.device(counter, shown.direction, self.capacity_w);
            self.states.insert(place, state);
            match result {
                Ok(span) => self.counts_now(place, span, before),
                Err((code, words)) => {
                    let refused = code != LeftOut::First.code();
                    self.leave_out(line, (at, 0, 0), (code, words), refused);
                }
            }
        }
    }

    fn counts_now(&mut self, place: usize, span: Span, before: u64) {
        self.count("counted");
        if before > 0 && span.start > before {
            self.count("finding gap");
        }
        self.spans.push((place, span));
    }

    fn leave_out(
        &mut self,
        line: &Line,
        (start, seconds, energy): (u64, u32, u64),
        (code, reason): (&'static str, String),
        refused: bool,
    ) {
        self.count(format!("left-out {code}"));
        let (id, channel, at) = (&line.channel.id, &line.channel.channel, plan::time(start));
        let words = format!("{id} {channel}, {seconds} s from {at}: {reason}");
        if self.said < SAID {
            tracing::warn!(source = self.name, "not counted: {words}");
            self.said += 1;
        }
        if !refused {
            return;
        }
        let code = code.to_owned();
        if line.job == Job::Feed {
            let key = ("feed".to_owned(), format!("refused {code}"));
            *self.counts.entry(key).or_default() += 1;
        }
        self.refusals.push(Refusal { series: line.id, start, seconds, energy, code, words });
    }
}
