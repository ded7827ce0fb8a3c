use althing_types::{Amount, Epoch, Height, Ppm, struct_codec};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, ReadExt as _, Write};
use serde::{Deserialize, Serialize};

/// Most epochs that a score looks back.
pub(crate) const MAX_WINDOW: usize = 8;

/// What a validator proposed and missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// The epoch of `made`, `missed` and `fees`; those of an earlier epoch count as nothing.
    pub epoch: Epoch,
    /// Proposals that became blocks in this epoch.
    pub made: u32,
    /// Turns in this epoch that passed without a block.
    pub missed: u32,
    /// Those of `missed` that were the network's fault: no punishment counts them.
    pub excused: u32,
    /// Fees of its blocks in this epoch, in base units; paid when the epoch ends.
    pub fees: Amount,
    /// Turns missed one after the other, across epochs. Those that were the network's fault add
    /// nothing, but the first of them shows that the last turn was missed.
    pub streak: u32,
    /// The height at which the first of them was noticed.
    pub streak_since: Height,
    /// Earlier epochs in which it had a turn, oldest first.
    pub window: Vec<EpochScore>,
    /// Blocks since it registered.
    pub made_total: u64,
    /// Missed turns since it registered.
    pub missed_total: u64,
    /// How many times it was jailed.
    pub jails: u32,
    /// What it missed in earlier epochs does not count for its score: it was jailed for that.
    pub judged_from: Epoch,
}

/// What a validator did with its turns in the epoch that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// Proposals that became blocks.
    pub made: u32,
    /// Turns that passed without a block.
    pub missed: u32,
    /// Those of `missed` that were the network's fault: they earn nothing, and no score and no
    /// punishment counts them.
    pub excused: u32,
}

impl Turns {
    /// Turns that it had: rewards are paid for the part of them that it used.
    pub const fn due(self) -> u32 {
        self.made.saturating_add(self.missed)
    }

    /// Turns that it missed by its own fault.
    pub const fn blamed(self) -> u32 {
        self.missed.saturating_sub(self.excused)
    }
}

impl Performance {
    /// What it did with its turns while `epoch` runs; nothing if it had none yet.
    pub fn turns(&self, epoch: Epoch) -> Turns {
        if self.epoch != epoch {
            return Turns::default();
        }
        Turns { made: self.made, missed: self.missed, excused: self.excused }
    }

    /// Makes the counters those of `epoch`: what they held of an earlier one counts no more.
    pub(super) fn enter(&mut self, epoch: Epoch) {
        if self.epoch != epoch {
            (self.epoch, self.made, self.missed) = (epoch, 0, 0);
            (self.excused, self.fees) = (0, Amount::ZERO);
        }
    }

    /// Forgets the misses in a row.
    pub(super) const fn end_streak(&mut self) {
        (self.streak, self.streak_since) = (0, Height::ZERO);
    }

    /// Lets nothing up to the end of `epoch` count against it again.
    pub(super) fn clear(&mut self, epoch: Epoch) {
        self.end_streak();
        self.forgive(epoch);
    }

    /// Lets no turn up to the end of `epoch` count for the score again.
    pub(super) fn forgive(&mut self, epoch: Epoch) {
        self.window.clear();
        self.judged_from = epoch.next().unwrap_or(epoch);
    }
}

/// What a validator proposed and missed in one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochScore {
    /// The epoch.
    pub epoch: Epoch,
    /// Proposals that became blocks.
    pub made: u32,
    /// Turns that passed without a block by its own fault.
    pub missed: u32,
}

struct_codec!(EpochScore { epoch, made, missed });

impl EpochScore {
    /// The part of its turns that it used; everything if it had none.
    pub fn score(&self) -> Ppm {
        let due = u64::from(self.made).saturating_add(u64::from(self.missed));
        let parts = u64::from(self.made).saturating_mul(1_000_000).checked_div(due);
        let parts = parts.and_then(|parts| u32::try_from(parts).ok()).and_then(Ppm::new);
        parts.unwrap_or(Ppm::ONE)
    }
}

impl Write for Performance {
    fn write(&self, buf: &mut impl BufMut) {
        self.epoch.write(buf);
        self.made.write(buf);
        self.missed.write(buf);
        self.excused.write(buf);
        self.fees.write(buf);
        self.streak.write(buf);
        self.streak_since.write(buf);
        self.window.write(buf);
        self.made_total.write(buf);
        self.missed_total.write(buf);
        self.jails.write(buf);
        self.judged_from.write(buf);
    }
}
impl EncodeSize for Performance {
    #[expect(clippy::arithmetic_side_effects, reason = "at most 8 epochs")]
    fn encode_size(&self) -> usize {
        self.epoch.encode_size()
            + self.made.encode_size()
            + self.missed.encode_size()
            + self.excused.encode_size()
            + self.fees.encode_size()
            + self.streak.encode_size()
            + self.streak_since.encode_size()
            + self.window.encode_size()
            + self.made_total.encode_size()
            + self.missed_total.encode_size()
            + self.jails.encode_size()
            + self.judged_from.encode_size()
    }
}
impl Read for Performance {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            epoch: Epoch::read(buf)?,
            made: u32::read(buf)?,
            missed: u32::read(buf)?,
            excused: u32::read(buf)?,
            fees: Amount::read(buf)?,
            streak: u32::read(buf)?,
            streak_since: Height::read(buf)?,
            window: Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX_WINDOW), ()))?,
            made_total: u64::read(buf)?,
            missed_total: u64::read(buf)?,
            jails: u32::read(buf)?,
            judged_from: Epoch::read(buf)?,
        })
    }
}
