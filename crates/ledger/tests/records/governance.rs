//! Keys and records of module `governance`, and of what `staking` keeps for votes.

use super::{record, same};
use althing_ledger::{
    governance::{
        AccountVote, Agenda, Electorate, Entry, Power, Proposal, Standing, Status, Terms, Turnout,
        ValidatorVote,
        query::*,
        tally::{HEAD, Heads, StakeCount},
    },
    query as records,
    staking::{Past, PastShares, Snapshots},
};
use althing_types::{
    Address, Amount, Due, Epoch, Height, Period, Ppm, Shares, Timestamp, ValidatorKey,
    governance::{Action, Ballot, Choice, Criticality, Houses, Preferences, Rejection},
};

const ACCOUNT: Address = Address::new([0x11; 20]);
const KEY: ValidatorKey = ValidatorKey::new([0x22; 32]);

#[test]
fn keys_of_governance_keep_their_bytes() {
    let (account, key, number) = ("11".repeat(20), "22".repeat(32), "0000000000000102");
    let epoch = Epoch::new(258);
    for (what, actual, expected) in [
        ("snapshots key", records::snapshots_key(), "14".into()),
        ("past key", records::past_key(ACCOUNT), format!("15{account}")),
        ("agenda key", agenda_key(), "16".into()),
        ("proposal key", proposal_key(258), format!("17{number}")),
        ("standing key", standing_key(258), format!("18{number}")),
        ("electorate key", electorate_key(epoch), format!("19{number}")),
        ("power key", power_key(epoch, KEY), format!("1a{number}{key}")),
        ("validator vote key", validator_vote_key(258, KEY), format!("1b{number}{key}")),
        ("preferences key", preferences_key(KEY), format!("21{key}")),
        ("account vote key", account_vote_key(258, ACCOUNT), format!("1c{number}{account}")),
    ] {
        same(what, &actual, &expected);
    }
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

fn due() -> Due {
    Due { height: Height::new(300), time: Timestamp::new(4_000) }
}

fn standing(status: Status) -> Standing {
    let [yes, no, abstain, veto] = [300, 20, 1, 0].map(Amount::new);
    Standing {
        status,
        criticality: Criticality::Standard,
        houses: Houses::BOTH,
        terms: Some(Terms {
            snapshot: Epoch::new(3),
            stake: Amount::new(1_000),
            validators: 7,
            quorum: ppm(330_000),
            threshold: ppm(510_000),
            veto: ppm(334_000),
            delay: Period { blocks: 9, ms: 10 },
        }),
        stake: StakeCount { yes, no, abstain, veto },
        validators: Heads { yes: 2 * HEAD, no: HEAD, abstain: 0, veto: 1 },
        turnout: None,
    }
}

#[test]
fn records_of_proposals_keep_their_bytes() {
    let proposal = Proposal {
        proposer: ACCOUNT,
        deposit: Amount::new(300),
        submitted: Height::new(299),
        title: "t".parse().unwrap(),
        summary: "s".parse().unwrap(),
        link: "l".parse().unwrap(),
        criticality: Criticality::Critical,
        houses: Houses::STAKE,
        action: Action::Text {},
    };
    record("proposal", &proposal, decode_proposal, PROPOSAL);
    let height = Height::new(300);
    for (status, expected) in [
        (Status::Waiting {}, "0001"),
        (Status::Voting { closes: due() }, "0002ac02a01f"),
        (Status::Queued { due: due() }, "0003ac02a01f"),
        (Status::Enacted { height }, "0004ac02"),
        (Status::Rejected { height, reason: Rejection::Veto }, "0005ac0202"),
        (Status::Failed { height, code: 46 }, "0006ac02002e"),
        (Status::Cancelled { height }, "0007ac02"),
    ] {
        let expected = format!("{expected}{STANDING}");
        record(status.name(), &standing(status), decode_standing, &expected);
    }
    let entry = |due, snapshot, kind: Option<&str>| {
        let kind = kind.map(|kind| kind.parse().unwrap());
        Entry { proposal: 258, proposer: ACCOUNT, due, snapshot, kind }
    };
    let entries = |first, second| {
        vec![entry(None, None, first), entry(Some(due()), Some(Epoch::new(3)), second)]
    };
    let agenda = |entries| Agenda { next: 259, entries };
    record("agenda", &agenda(entries(None, None)), decode_agenda, AGENDA);
    // What version 1.1.0 of the protocol brought stands behind the rest.
    let kinds = format!("{AGENDA}0105010505");
    record("kinds", &agenda(entries(Some("text"), Some("upgrade"))), decode_agenda, &kinds);
    let other = [&hex::decode(AGENDA).unwrap()[..], &[2, 5, 1, 5, 5]].concat();
    assert!(decode_agenda(&other).is_err());
    let turnout = Some(Turnout { since: Height::new(300), accounts: 258, validators: 7 });
    let counted = Standing { turnout, ..standing(Status::Enacted { height }) };
    let expected = format!("0004ac02{STANDING}ac020000010200000007");
    record("turnout", &counted, decode_standing, &expected);
    assert_eq!(Agenda::default().next, 1);
}

#[test]
fn records_of_votes_keep_their_bytes() {
    let ballot = Ballot::new(ppm(600_000), ppm(0), ppm(399_999), ppm(1)).unwrap();
    let vote = ValidatorVote { ballot: Some(ballot), own: Amount::new(300), by_hand: true };
    record("vote of a validator", &vote, decode_validator_vote, "01c0cf2400ffb41801ac0201");
    let vote = AccountVote { ballot: Ballot::all(Choice::No), weight: Amount::new(300) };
    record("vote of an account", &vote, decode_account_vote, "00c0843d0000ac02");
    let power = Power { tokens: Amount::new(300), shares: Shares::new(299), head: true };
    record("power", &power, decode_power, "ac02ab0201");
    let preferences = Preferences {
        auto_adopt_optional: true,
        minimum_criticality: Criticality::Important,
        max_delay_tolerance: 258,
    };
    record("preferences", &preferences, decode_preferences, "01020000000000000102");
    let electorate = Electorate(vec![KEY]);
    let expected = format!("01{}", "22".repeat(32));
    record("electorate", &electorate, decode_electorate, &expected);
    record("snapshots", &Snapshots(vec![Epoch::new(300)]), records::decode_snapshots, "01ac02");
    let noted = PastShares { epoch: Epoch::new(300), validator: KEY, shares: Shares::new(9) };
    let past = Past { lost: Some(Epoch::new(2)), entries: vec![noted] };
    let expected = format!("010201ac02{}09", "22".repeat(32));
    record("past", &past, records::decode_past, &expected);
}

const PROPOSAL: &str = "1111111111111111111111111111111111111111ac02ab0201740173016c03010501";
const STANDING: &str = "01030103e80700000007909214b0901fb0b1140000000000000009000000000000000aac0214010000000000001e848000000000000f424000000000000000000000000000000001";
const AGENDA: &str = "0000000000000103020000000000000102111111111111111111111111111111111111111100000000000000000102111111111111111111111111111111111111111101ac02a01f0103";
