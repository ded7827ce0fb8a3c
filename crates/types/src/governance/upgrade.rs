use crate::codec::byte_enum;

byte_enum! {
    /// Why an upgrade that was planned will not happen.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum UpgradeEnd {
        /// Too few nodes knew the new rules, as often as it was asked.
        0 "not-ready" NotReady,
        /// A proposal to give it up was accepted.
        1 "decided" Decided,
        /// The safety override stopped it.
        2 "overridden" Overridden,
    }
}

byte_enum! {
    /// Why an upgrade failed. The chain goes on with the rules that it had.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum UpgradeFailure {
        /// The migration found a state that it cannot change.
        0 "refused" Refused,
        /// A record is absent, does not decode, or would be too large.
        1 "record" Record,
        /// The migration would have made or destroyed money.
        2 "supply" Supply,
        /// The migration would have broken a bound of the parameters.
        3 "params" Params,
        /// The migration ended in a mistake of its own code.
        4 "panicked" Panicked,
    }
}
