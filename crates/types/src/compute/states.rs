//! Where workers and tasks are in their lives, and why.

use crate::codec::byte_enum;

byte_enum! {
    /// What a worker does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum WorkerState {
        /// It takes work.
        0 "active" Active,
        /// It takes no new work by its own wish.
        1 "paused" Paused,
        /// It leaves: its stake is paid once it has unbonded.
        2 "leaving" Leaving,
        /// It gave wrong results too often. Its stake unbonds, and it never comes back.
        3 "banned" Banned,
        /// It left, and its stake was paid. It may register again.
        4 "left" Left,
    }
}

byte_enum! {
    /// Why a task exists.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Purpose {
        /// Somebody pays for its result.
        0 "paid" Paid,
        /// A worker took it to earn a part of the miners' pool.
        1 "network" Network,
        /// It measures a device.
        2 "benchmark" Benchmark,
    }
}

byte_enum! {
    /// Where a task is in its life.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum TaskState {
        /// It waits for a worker.
        0 "open" Open,
        /// A worker computes it.
        1 "assigned" Assigned,
        /// The worker is bound to a result; the challenge is not drawn yet.
        2 "committed" Committed,
        /// A committee checks the result.
        3 "challenged" Challenged,
        /// The committee found nothing wrong. It can still be proven wrong.
        4 "accepted" Accepted,
        /// The result was proven wrong. The worker can still show that it was planted.
        5 "disproved" Disproved,
        /// Paid, or credited.
        6 "settled" Settled,
        /// Not paid, and over.
        7 "failed" Failed,
        /// Taken back before anybody worked on it.
        8 "cancelled" Cancelled,
    }
}

impl TaskState {
    /// Whether nothing happens to the task any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Settled | Self::Failed | Self::Cancelled)
    }
}

byte_enum! {
    /// What a member of a committee found.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Verdict {
        /// All that it checked is right.
        0 "valid" Valid,
        /// The worker did not show it what it asked for.
        1 "unavailable" Unavailable,
        /// It could not check, for reasons of its own. Neither yes nor no.
        2 "abstain" Abstain,
    }
}

byte_enum! {
    /// Why an attempt at a task ended without a payment.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RejectReason {
        /// An entry of the result is proven wrong.
        0 "wrong" Wrong,
        /// Two committees did not get what they asked for.
        1 "withheld" Withheld,
        /// Two committees did not answer; nobody blames the worker.
        2 "unverified" Unverified,
        /// The worker committed to nothing in time.
        3 "late" Late,
    }
}

byte_enum! {
    /// Why the price of a task went back to its requester.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RefundReason {
        /// The requester took it back.
        0 "cancelled" Cancelled,
        /// No device could be found in time.
        1 "no-worker" NoWorker,
        /// As many workers as may try have failed.
        2 "attempts" Attempts,
    }
}
