//! What follows when readings are refused.

use super::{Daemon, Held, OracleError};
use crate::{
    plan,
    series::Span,
    store::{Content, Refusal, Sending, Sent},
};
use althing_types::Height;

/// Blocks after which a meter whose reading the chain refused is looked at again.
const BLOCKED: u64 = 8;

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// One of the readings: the same one is refused again.
    Reading,
    /// The meter of one of the readings.
    Meter,
    /// Something that passes.
    Moment,
}

fn about(code: &str) -> About {
    match code {
        "interval_invalid" | "interval_overlap" | "capacity_exceeded" | "reading_too_old"
        | "energy_overflow" => About::Reading,
        "signature_invalid" | "meter_revoked" | "meter_mismatch" => About::Meter,
        // Among them reading_replayed, reading_gap, counter_mismatch: the chain is asked again where
        // the meter stands. And timestamp_skew: the reading is signed again.
        _ => About::Moment,
    }
}

impl Daemon {
    /// The chain refused a transaction of readings. As it takes all or none, one that is refused is
    /// found by sending fewer.
    pub(super) fn readings_refused(
        &mut self,
        readings: &[Sent],
        (code, message): (&str, &str),
    ) -> Result<(), OracleError> {
        let height = self.tip.map_or(Height::ZERO, |tip| tip.height);
        let words = format!("readings were refused ({code}): {message}");
        self.trouble(words.clone());
        let kind = about(code);
        if kind == About::Moment {
            self.feed.patience.fail(height, Held::refusal(code, words));
            return Ok(());
        }
        if let [_, _, ..] = readings {
            self.feed.batch = (readings.len() / 2).max(1);
            return Ok(());
        }
        let Some(reading) = readings.first() else { return Ok(()) };
        let Some(place) = self.lines.iter().position(|line| line.id == reading.series) else {
            return Ok(());
        };
        if kind == About::Meter {
            let line = &mut self.lines[place];
            let until = Height::new(height.get().saturating_add(BLOCKED));
            line.blocked = Some((format!("meter {:?}: {message}", line.name), until));
            return Ok(());
        }
        let spans = self.store.spans(reading.series, reading.start, 1)?;
        if let Some(span) = spans.first() {
            self.refuse_span(place, span, (code, message))?;
        }
        Ok(())
    }

    /// An interval is not sent.
    pub(super) fn refuse_span(
        &mut self,
        place: usize,
        span: &Span,
        (code, reason): (&str, &str),
    ) -> Result<(), OracleError> {
        let line = &mut self.lines[place];
        let words = format!(
            "{} {} (meter {:?}), {} s from {}: {reason}",
            line.channel.id,
            line.channel.channel,
            line.name,
            span.seconds,
            plan::time(span.start)
        );
        tracing::warn!("refused ({code}): {words}");
        let refusal = Refusal {
            series: line.id,
            start: span.start,
            seconds: span.seconds,
            energy: span.energy,
            code: code.to_owned(),
            words: words.clone(),
        };
        line.waiting = line.waiting.saturating_sub(1);
        self.store.refuse(&refusal, &[("feed".to_owned(), format!("refused {code}"), 1)])?;
        self.trouble(words);
        Ok(())
    }

    /// What a transaction was about is looked at anew, as of this height.
    pub(super) fn renew(&mut self, sending: &Sending, height: Height) {
        match &sending.content {
            Content::Readings(readings) => self.forget_heads(readings, height),
            Content::Reports(reports) => self.reports_lost(reports),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_reading_of_a_meter_and_of_a_moment_are_told_apart() {
        assert_eq!(about("capacity_exceeded"), About::Reading);
        assert_eq!(about("meter_revoked"), About::Meter);
        for passing in ["too_many_pending", "rate_limited", "reading_replayed", "new_rule"] {
            assert_eq!(about(passing), About::Moment, "{passing}");
        }
    }
}
