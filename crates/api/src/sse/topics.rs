//! What a client of the event stream can subscribe to.

use althing_types::Event as ChainFact;

macro_rules! topics {
    ($($name:ident = $text:literal $(| $alias:literal)*;)+) => {
        /// What a client can subscribe to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Topic { $($name,)+ }

        impl Topic {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The topics that a name stands for.
            pub(super) fn named(text: &str) -> Option<&'static [Self]> {
                match text {
                    $($text $(| $alias)* => Some(&[Self::$name]),)+
                    "transaction" | "tx" => Some(&Self::TRANSACTION),
                    _ => None,
                }
            }
        }
    };
}

topics! {
    Block = "block" | "block_created";
    Pending = "transaction_pending" | "tx_pending";
    Confirmed = "transaction_confirmed" | "tx_confirmed";
    Failed = "transaction_failed" | "tx_failed";
    Expired = "transaction_expired" | "tx_expired";
    Dropped = "transaction_dropped" | "tx_dropped";
    Stake = "stake" | "delegation";
    Validator = "validator" | "validator_event";
    Reward = "reward" | "rewards";
    Governance = "governance";
    Treasury = "treasury";
    Network = "network";
    Upgrade = "upgrade";
    Safety = "safety";
    Task = "task" | "tasks";
    Worker = "worker" | "workers";
    Energy = "energy";
}

impl Topic {
    pub(super) const TRANSACTION: [Self; 5] =
        [Self::Pending, Self::Confirmed, Self::Failed, Self::Expired, Self::Dropped];
    /// Topics of what happened inside of transactions and blocks.
    pub(super) const FACTS: [Self; 11] = [
        Self::Stake,
        Self::Validator,
        Self::Reward,
        Self::Governance,
        Self::Treasury,
        Self::Network,
        Self::Upgrade,
        Self::Safety,
        Self::Task,
        Self::Worker,
        Self::Energy,
    ];

    /// The topic that an event belongs to; transfers have none of their own.
    pub(super) const fn of(event: &ChainFact) -> Option<Self> {
        match event {
            ChainFact::Transferred { .. } => None,
            ChainFact::Staked { .. }
            | ChainFact::Delegated { .. }
            | ChainFact::Undelegated { .. }
            | ChainFact::Redelegated { .. }
            | ChainFact::RedelegationSlashed { .. }
            | ChainFact::UnbondingPaid { .. } => Some(Self::Stake),
            ChainFact::Rewarded { .. } | ChainFact::Emitted { .. } => Some(Self::Reward),
            // The high byte names the module.
            _ => Some(match event.tag() >> 8 {
                0x06 => Self::Governance,
                0x07 => Self::Treasury,
                0x08 => Self::Network,
                0x09 => Self::Upgrade,
                0x0a => Self::Safety,
                0x0c => return Some(Self::of_compute(event)),
                0x0d => Self::Energy,
                _ => Self::Validator,
            }),
        }
    }

    /// What happens to tasks, and what happens to workers, devices and their rewards.
    const fn of_compute(event: &ChainFact) -> Self {
        match event {
            // A slash is of both, and workers want to hear of it.
            ChainFact::WorkerSlashed { .. } => Self::Worker,
            event if event.task().is_some() => Self::Task,
            _ => Self::Worker,
        }
    }
}
