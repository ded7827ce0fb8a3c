//! The key and the record of module `upgrade`.

use super::same;
use althing_ledger::upgrade::{
    FailedUpgrade, Plan, Protocol,
    query::{decode_protocol, protocol_key},
};
use althing_types::{Height, Version, governance::UpgradeFailure};
use commonware_codec::Encode as _;

#[test]
fn the_record_of_the_protocol_keeps_its_bytes() {
    same("protocol key", &protocol_key(), "26");
    let (version, height) = (Version::new(1, 2, 3), Height::new(300));
    let plan = Plan { version, height, proposal: 258, postponed: 2 };
    let reason = UpgradeFailure::Supply;
    let failed = FailedUpgrade { version, height, proposal: 7, reason };
    let first = Version::GENESIS;
    let fresh = Protocol {
        version: first,
        since: Height::new(1),
        previous: None,
        plan: None,
        failed: None,
    };
    let full = Protocol {
        version: Version::new(1, 1, 0),
        since: height,
        previous: Some(first),
        plan: Some(plan),
        failed: Some(failed),
    };
    for (what, protocol, expected) in [
        ("protocol", fresh, "00010000000001000000"),
        (
            "protocol with everything",
            full,
            "000100010000ac02010001000000000100010002\
             0003ac02000000000000010200000002010001000200\
             03ac02000000000000000702",
        ),
    ] {
        let bytes = protocol.encode();
        same(what, &bytes, expected);
        assert_eq!(decode_protocol(&bytes).unwrap(), protocol);
        assert!(decode_protocol(&bytes[..bytes.len() - 1]).is_err());
        assert!(decode_protocol(&[&*bytes, &[0]].concat()).is_err());
    }
}
