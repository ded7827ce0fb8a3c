//! The codes of receipts: why a transaction that entered a block, and paid, failed. Numbers are
//! stable and never reused; a retired code keeps its line.

use althing_types::Code;

/// Needs more gas than its limit.
pub const OUT_OF_GAS: Code = Code::new(1);
/// The sender owns less than it wants to send.
pub const INSUFFICIENT_BALANCE: Code = Code::new(2);
/// The recipient would own more than can be counted.
pub const BALANCE_OVERFLOW: Code = Code::new(3);
/// The recipient is a protocol account that takes no transfers.
pub const RECIPIENT_CLOSED: Code = Code::new(4);

/// Every code: number, name, and a sentence that says how to mend it.
pub const ALL: &[(u16, &str, &str)] = &[
    (0, "ok", "the transaction did what it asked for"),
    (
        1,
        "out_of_gas",
        "the gas limit was too low for what the transaction does: raise gas_limit \
         (a transfer that creates its recipient needs more than one that does not)",
    ),
    (
        2,
        "insufficient_balance",
        "the sender owns less than the amount and the fee reserve (gas_limit * gas_price) together: \
         send less, or lower gas_limit",
    ),
    (3, "balance_overflow", "the recipient would own more than 2^128 - 1 base units: send less"),
    (
        4,
        "recipient_closed",
        "the recipient is a pool of the protocol that takes no transfers: check the address",
    ),
];

/// The stable name of a code, for example `out_of_gas`; `unknown` if this version has none.
pub fn name_of(code: Code) -> &'static str {
    entry(code).map_or("unknown", |(_, name, _)| name)
}

/// What the code means and how to mend it.
pub fn sentence(code: Code) -> &'static str {
    entry(code).map_or("this version does not know the code: upgrade it", |(_, _, text)| text)
}

/// The code with this name.
pub fn from_name(name: &str) -> Option<Code> {
    ALL.iter().find(|(_, known, _)| *known == name).map(|(number, _, _)| Code::new(*number))
}

fn entry(code: Code) -> Option<&'static (u16, &'static str, &'static str)> {
    ALL.iter().find(|(number, _, _)| *number == code.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_have_no_holes_and_names_are_not_reused() {
        for (position, (number, ..)) in ALL.iter().enumerate() {
            assert_eq!(usize::from(*number), position);
        }
        let names: BTreeSet<&str> = ALL.iter().map(|(_, name, _)| *name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_constant_has_the_entry_with_its_name() {
        for (code, name) in [
            (Code::OK, "ok"),
            (OUT_OF_GAS, "out_of_gas"),
            (INSUFFICIENT_BALANCE, "insufficient_balance"),
            (BALANCE_OVERFLOW, "balance_overflow"),
            (RECIPIENT_CLOSED, "recipient_closed"),
        ] {
            assert_eq!(name_of(code), name);
            assert_eq!(from_name(name), Some(code));
            assert!(!sentence(code).is_empty());
        }
        assert_eq!(name_of(Code::new(u16::MAX)), "unknown");
    }
}
