//! The one list of tables of the state. A key starts with the byte of its table; numbers are never
//! reused, and a retired table keeps its line.

/// `ACCOUNT | address (20) -> Account`
pub const ACCOUNT: u8 = 0x01;
/// `SUPPLY -> Supply`
pub const SUPPLY: u8 = 0x02;
/// `PARAMS -> ChainParams`
pub const PARAMS: u8 = 0x03;
/// `VALIDATOR_SET | epoch (8, big endian) -> ValidatorSet`
pub const VALIDATOR_SET: u8 = 0x04;
/// `VALIDATOR_ACCOUNT | validator key (32) -> Address`
pub const VALIDATOR_ACCOUNT: u8 = 0x05;

/// Every table with its name.
pub const ALL: &[(u8, &str)] = &[
    (ACCOUNT, "account"),
    (SUPPLY, "supply"),
    (PARAMS, "params"),
    (VALIDATOR_SET, "validator_set"),
    (VALIDATOR_ACCOUNT, "validator_account"),
];

/// The name of a table; `None` if there is no such table.
pub fn name(prefix: u8) -> Option<&'static str> {
    ALL.iter().find(|(byte, _)| *byte == prefix).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_tables_share_a_byte_or_a_name() {
        let bytes: BTreeSet<u8> = ALL.iter().map(|(byte, _)| *byte).collect();
        let names: BTreeSet<&str> = ALL.iter().map(|(_, name)| *name).collect();
        assert_eq!((bytes.len(), names.len()), (ALL.len(), ALL.len()));
        assert_eq!(name(ACCOUNT), Some("account"));
        assert_eq!(name(0), None);
    }
}
