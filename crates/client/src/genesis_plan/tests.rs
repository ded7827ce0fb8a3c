use super::*;
use althing_types::{GenesisValidator, Text, ValidatorKey};
use commonware_cryptography::{Signer as _, ed25519};

/// The example with an address for each placeholder.
fn filled() -> String {
    let mut text = EXAMPLE.to_owned();
    let names = ["team-1", "team-2", "early-1", "early-2", "stakes", "airdrop", "community"];
    for (byte, name) in (1u8..).zip(names.into_iter().chain(["foundation"])) {
        let address = Address::new([byte; 20]).to_string();
        text = text.replace(&format!("\"REPLACE-{name}\""), &format!("\"{address}\""));
    }
    text
}

fn tokens(count: u64) -> Amount {
    Amount::from_tokens(count).unwrap()
}

fn fault(text: &str) -> (usize, String, String) {
    match Plan::parse(text, Path::new(".")) {
        Err(PlanError::Field { line, field, problem }) => (line, field, problem),
        other => panic!("{other:?} is no fault of a field"),
    }
}

/// The line of the example that holds `part`.
fn line_of(part: &str) -> usize {
    filled().lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn the_example_is_a_billion_in_four_shares_to_the_unit() {
    let plan = Plan::parse(&filled(), Path::new(".")).unwrap();
    let shares: Vec<_> =
        plan.shares().iter().map(|share| (share.name.as_str(), share.amount)).collect();
    let expected = [
        ("team", tokens(200_000_000)),
        ("early supporters", tokens(100_000_000)),
        ("community", tokens(500_000_000)),
        ("foundation", tokens(200_000_000)),
    ];
    assert_eq!(shares, expected);
    let draft = plan.draft();
    assert_eq!(draft.supply(), Ok(tokens(1_000_000_000)));
    assert_eq!(draft.reserve, tokens(300_000_000));
    assert_eq!(draft.params, ChainParams::mainnet());
    assert_eq!(draft.genesis_time, Timestamp::new(1_800_014_400_000));
    const DAY_MS: u64 = 86_400_000;
    let days = |byte| {
        let of = |entry: &&Allocation| entry.address == Address::new([byte; 20]);
        let vesting = draft.allocations.iter().find(of).unwrap().vesting?;
        let since = |time: Timestamp| (time.get() - draft.genesis_time.get()) / DAY_MS;
        Some((since(vesting.start), since(vesting.cliff), since(vesting.end)))
    };
    assert_eq!((days(1), days(3), days(6)), (Some((0, 365, 1_460)), Some((0, 0, 730)), None));
}

#[test]
fn placeholders_are_refused_with_their_line() {
    let (line, field, _) = fault(EXAMPLE);
    let expected = EXAMPLE.lines().position(|line| line.contains("REPLACE-team-1")).unwrap() + 1;
    assert_eq!((line, field.as_str()), (expected, "share \"team\": accounts[0].address"));
}

#[test]
fn a_share_that_is_a_base_unit_off_is_refused_with_the_difference() {
    let less = filled().replace("\"80000000\"", "\"79999999.999999999999999999\"");
    let (line, field, problem) = fault(&less);
    assert_eq!((line, field.as_str()), (line_of("\"team\""), "share \"team\": accounts"));
    assert!(problem.contains("0.000000000000000001 less than 200000000"), "{problem}");
    let more = filled().replace("reserve = \"300000000\"", "reserve = \"300000000.5\"");
    let (_, field, problem) = fault(&more);
    assert_eq!(field, "share \"community\": accounts");
    assert!(problem.contains("0.5 more than 500000000"), "{problem}");
}

#[test]
fn parts_that_are_no_whole_are_refused() {
    let less =
        filled().replace("part = 100_000", "part = 50_000").replace("\"60000000\"", "\"10000000\"");
    let (_, field, problem) = fault(&less);
    assert!(field == "share" && problem.contains("not 950000"), "{problem}");
    let more = filled()
        .replace("part = 100_000", "part = 400_000")
        .replace("\"60000000\"", "\"360000000\"");
    let (line, field, problem) = fault(&more);
    assert_eq!((line, field.as_str()), (line_of("part = 500_000"), "share \"community\": part"));
    assert!(problem.contains("1100000 ppm"), "{problem}");
}

#[test]
fn every_fault_names_its_line_and_field() {
    let again = Address::new([1; 20]).to_string();
    let second = Address::new([2; 20]).to_string();
    for (from, to, field) in [
        ("\"cpc-mainnet-1\"", "\"CPC Mainnet\"", "chain_id"),
        ("\"mainnet\"", "\"main\"", "preset"),
        ("2027-01-15T12:00:00Z", "2027-01-15T12:00:00", "genesis_time"),
        ("total = \"1000000000\"", "total = \"a billion\"", "total"),
        ("\"120000000\"", "\"0\"", "share \"team\": accounts[0].amount"),
        ("cliff_days = 365", "cliff_days = 1461", "share \"team\": vesting"),
        ("days = 730", "days = 0", "share \"early supporters\": vesting"),
        ("name = \"foundation\"", "name = \"team\"", "share: name"),
        ("part = 500_000", "part = 0", "share \"community\": part"),
        (second.as_str(), again.as_str(), "share \"team\": accounts[1].address"),
    ] {
        let text = filled();
        assert!(text.contains(from), "{from}");
        let (line, found, problem) = fault(&text.replacen(from, to, 1));
        assert_eq!((line, found.as_str()), (line_of(from), field), "{problem}");
    }
}

#[test]
fn a_preset_that_pays_from_a_reserve_needs_one() {
    let from = "reserve = \"300000000\"\n";
    let text = filled().replacen(from, "", 1).replacen("\"100000000\"", "\"400000000\"", 1);
    let (line, field, problem) = fault(&text);
    assert_eq!((line, field.as_str()), (line_of("\"mainnet\""), "preset"), "{problem}");
    assert!(Plan::parse(&text.replacen("\"mainnet\"", "\"testnet\"", 1), Path::new(".")).is_ok());
}

#[test]
fn an_unknown_field_is_refused_by_name_and_line() {
    let text =
        filled().replace("[[share]]\nname = \"team\"", "[[share]]\ncolour = 1\nname = \"team\"");
    let Err(error @ PlanError::Toml(_)) = Plan::parse(&text, Path::new(".")) else {
        panic!("it is refused")
    };
    let message = error.to_string();
    assert!(message.contains("colour") && message.contains("line"), "{message}");
    assert_eq!(error.code(), "plan_unreadable");
}

#[test]
fn stakes_are_paid_from_one_account() {
    let extra = Address::new([0x77; 20]).to_string();
    let stakes = format!("stakes = {{ address = \"{extra}\", amount = \"1\" }}\n");
    let text = filled()
        .replace("name = \"foundation\"", &format!("name = \"foundation\"\n{stakes}"))
        .replace("\"200000000\"", "\"199999999\"");
    let (_, field, problem) = fault(&text);
    assert!(
        field == "share \"foundation\": stakes" && problem.contains("one account"),
        "{problem}"
    );
}

fn entry(seed: u64) -> GenesisEntry {
    let key = ed25519::PrivateKey::from_seed(seed);
    let validator = GenesisValidator {
        name: format!("validator {seed}").parse().unwrap(),
        website: Text::default(),
        description: Text::default(),
        key: ValidatorKey::from_public_key(&key.public_key()),
        endpoint: format!("node{seed}.example:26600"),
        account: Address::new([0x40 + seed as u8; 20]),
        stake: tokens(100_000 * (1 + seed)),
        commission: Ppm::new(50_000).unwrap(),
    };
    GenesisEntry::sign("cpc-mainnet-1".parse().unwrap(), validator, &key)
}

#[test]
fn a_plan_and_its_entries_make_one_genesis_whose_supply_is_the_total() {
    let entries: Vec<_> = (0..9).map(entry).collect();
    let genesis = Plan::parse(&filled(), Path::new(".")).unwrap().merge(&entries).unwrap();
    assert_eq!(genesis.supply(), Ok(tokens(1_000_000_000)));
    let backwards: Vec<_> = entries.into_iter().rev().collect();
    let elsewhere = Plan::parse(&filled(), Path::new(".")).unwrap().merge(&backwards).unwrap();
    assert_eq!(elsewhere.hash(), genesis.hash());
    assert_eq!(Genesis::from_json(&genesis.to_json()).unwrap(), genesis);
}

#[test]
fn a_genesis_keeps_its_plan_to_the_unit() {
    let plan = Plan::parse(&filled(), Path::new(".")).unwrap();
    let genesis = plan.merge(&[entry(1), entry(2)]).unwrap();
    assert_eq!(plan.is_kept_by(&genesis), Ok(true));
    let mut other = genesis.clone();
    other.reserve = Amount::new(other.reserve.units() - 1);
    assert_eq!(plan.is_kept_by(&other), Ok(false));
    let mut other = genesis.clone();
    other.allocations[0].vesting = None;
    assert_eq!(plan.is_kept_by(&other), Ok(false));
    let mut other = genesis;
    other.params.slashing.min_due += 1;
    assert_eq!(plan.is_kept_by(&other), Ok(false));
}

/// The example with what it shows in comments, and a value for each placeholder.
fn governed() -> String {
    let mut text = filled().replace("#   ", "");
    for byte in 1u8..=3 {
        let member = Address::new([0x70 + byte; 20]).to_string();
        text = text.replace(&format!("REPLACE-member-{byte}"), &member);
    }
    let key = ed25519::PrivateKey::from_seed(9).public_key();
    let key = ValidatorKey::from_public_key(&key).to_string();
    let airdrop = "airdrop = { file = \"airdrop.csv\", amount = \"75000000\" }\n";
    let command = "althing genesis new --plan plan.toml --output draft.json\n";
    text.replace("REPLACE-key", &key).replace(airdrop, "").replace(command, "")
}

#[test]
fn a_plan_says_who_holds_the_override_and_how_the_network_begins() {
    let plan = Plan::parse(&governed(), Path::new(".")).unwrap();
    let genesis = plan.merge(&[entry(1), entry(2)]).unwrap();
    let safety = genesis.safety.clone().unwrap();
    assert_eq!((safety.members().len(), safety.needed(), safety.uses()), (3, 2, Some(5)));
    assert_eq!(safety.cooldown().ms, 86_400_000);
    let network = genesis.network.clone().unwrap();
    assert_eq!((network.boot_nodes.len(), network.limits.max_peers), (1, 256));
    assert_eq!(plan.is_kept_by(&genesis), Ok(true));
    let without = Plan::parse(&filled(), Path::new(".")).unwrap();
    assert_eq!(without.is_kept_by(&genesis), Ok(false));
    let mut other = genesis;
    other.safety = None;
    assert_eq!(plan.is_kept_by(&other), Ok(false));
}

#[test]
fn faults_of_the_override_and_the_network_are_named() {
    for (from, to, field, problem) in [
        ("needed = 2", "needed = 4", "safety", "needs the approval"),
        ("\"pause-treasury\"]", "\"take-all\"]", "safety", "expected one of"),
        ("uses = 5", "uses = 5\nowner = 1", "safety", "owner"),
        ("strictness = \"soft\"", "strictness = \"loud\"", "network", "off, soft, hard"),
    ] {
        let (line, found, said) = fault(&governed().replace(from, to));
        assert_eq!(found, field, "{said}");
        assert!(line > 1 && said.contains(problem), "{said}");
    }
}

/// The example with 100 million of an airdrop for those on a list.
fn with_list(folder: &Path, list: &str) -> Result<Plan, PlanError> {
    std::fs::write(folder.join("airdrop.csv"), list).unwrap();
    let account =
        format!("    {{ address = \"{}\", amount = \"100000000\" }},\n", Address::new([6; 20]));
    let text = filled().replace(&account, "").replace(
        "stakes = {",
        "airdrop = { file = \"airdrop.csv\", amount = \"100000000\" }\nstakes = {",
    );
    Plan::parse(&text, folder)
}

#[test]
fn an_airdrop_is_divided_by_weight_to_the_unit_and_the_rest_goes_to_the_first_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let address = |byte: u8| Address::new([byte; 20]);
    let list = format!(
        "address,weight\n{}, 1\n{},4\n{},1\n{},1\n",
        address(0x53),
        address(0x51),
        address(0x50),
        address(0x52)
    );
    let plan = with_list(folder.path(), &list).unwrap();
    let draft = plan.draft();
    assert_eq!(draft.supply(), Ok(tokens(1_000_000_000)));
    let of = |byte: u8| {
        let is = |entry: &&Allocation| entry.address == address(byte);
        draft.allocations.iter().find(is).unwrap().amount.units()
    };
    let seventh = tokens(100_000_000).units() / 7;
    // Of the two units that seven cannot share, four sevenths hold one.
    assert_eq!(tokens(100_000_000).units() - 7 * seventh, 2);
    assert_eq!((of(0x50), of(0x51)), (seventh + 1, 4 * seventh + 1), "the first by address");
    assert_eq!((of(0x52), of(0x53)), (seventh, seventh));
}

#[test]
fn faults_of_an_airdrop_are_named_with_their_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let one = Address::new([0x50; 20]);
    for (list, expected) in [
        (String::new(), "address,weight"),
        ("address,weight\n".to_owned(), "lists nobody"),
        (format!("{one},1\n"), "address,weight"),
        (format!("address,weight\n{one},1\n{one},2\n"), "listed twice"),
        (format!("address,weight\n{one},0\n"), "at least 1"),
        (format!("address,weight\n{one},-1\n"), "line: 2"),
        (format!("address,weight\n{one}\n"), "line: 2"),
        ("address,weight\ncpc1nobody,1\n".to_owned(), "cpc1nobody"),
        (format!("address,weight\n{},1\n", Address::new([7; 20])), "already"),
    ] {
        let Err(PlanError::Field { field, problem, .. }) = with_list(folder.path(), &list) else {
            panic!("{list:?} is accepted");
        };
        assert_eq!(field, "share \"community\": airdrop.file");
        assert!(problem.contains(expected), "{list:?}: {problem}");
    }
}
