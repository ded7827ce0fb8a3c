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
/// `VALIDATOR | validator key (32) -> Validator`
pub const VALIDATOR: u8 = 0x05;
/// `PROFILE | validator key (32) -> Profile`
pub const PROFILE: u8 = 0x06;
/// `OPERATOR | address (20) -> validator key`
pub const OPERATOR: u8 = 0x07;
/// `SLASHES | validator key (32) -> Slashes`
pub const SLASHES: u8 = 0x08;
/// `CANDIDATES -> Candidates`
pub const CANDIDATES: u8 = 0x09;
/// `STAKING_TOTALS -> Totals`
pub const STAKING_TOTALS: u8 = 0x0a;
/// `UNBONDING_QUEUE -> Queue`
pub const UNBONDING_QUEUE: u8 = 0x0b;
/// `UNBONDING | number (8, big endian) -> Unbonding`
pub const UNBONDING: u8 = 0x0c;
/// `DELEGATION | delegator (20) | validator key (32) -> Delegation`
pub const DELEGATION: u8 = 0x0d;
/// `DELEGATOR | address (20) -> Delegator`
pub const DELEGATOR: u8 = 0x0e;
/// `CONVERSION | validator key (32) | epoch (8, big endian) -> Conversion`
pub const CONVERSION: u8 = 0x0f;
/// `PERFORMANCE | validator key (32) -> Performance`
pub const PERFORMANCE: u8 = 0x10;
/// `EMISSION -> Emission`
pub const EMISSION: u8 = 0x11;
/// `NODE | validator key (32) -> Node`
pub const NODE: u8 = 0x12;
/// `VESTING | address (20) -> VestingRecord`
pub const VESTING: u8 = 0x13;
/// `SNAPSHOTS -> Snapshots`
pub const SNAPSHOTS: u8 = 0x14;
/// `PAST | address (20) -> Past`
pub const PAST: u8 = 0x15;
/// `AGENDA -> Agenda`
pub const AGENDA: u8 = 0x16;
/// `PROPOSAL | number (8, big endian) -> Proposal`
pub const PROPOSAL: u8 = 0x17;
/// `STANDING | number (8, big endian) -> Standing`
pub const STANDING: u8 = 0x18;
/// `ELECTORATE | epoch (8, big endian) -> Electorate`
pub const ELECTORATE: u8 = 0x19;
/// `POWER | epoch (8, big endian) | validator key (32) -> Power`
pub const POWER: u8 = 0x1a;
/// `VALIDATOR_VOTE | number (8, big endian) | validator key (32) -> ValidatorVote`
pub const VALIDATOR_VOTE: u8 = 0x1b;
/// `ACCOUNT_VOTE | number (8, big endian) | address (20) -> AccountVote`
pub const ACCOUNT_VOTE: u8 = 0x1c;
/// `TREASURY -> Treasury`
pub const TREASURY: u8 = 0x1d;
/// `DISBURSEMENT | number (8, big endian) -> Disbursement`
pub const DISBURSEMENT: u8 = 0x1e;
/// `PENDING -> Pending`
pub const PENDING: u8 = 0x1f;
/// `DEPENDENTS | number (8, big endian) -> Dependents`
pub const DEPENDENTS: u8 = 0x20;
/// `PREFERENCES | validator key (32) -> Preferences`
pub const PREFERENCES: u8 = 0x21;
/// `NETWORK -> Network`
pub const NETWORK: u8 = 0x22;
/// `SPEC | version (8, big endian) -> Spec`
pub const SPEC: u8 = 0x23;
/// `ADOPTION | validator key (32) -> Adoption`
pub const ADOPTION: u8 = 0x24;
/// `COHORT | version (8, big endian) -> Cohort`
pub const COHORT: u8 = 0x25;
/// `PROTOCOL -> Protocol`
pub const PROTOCOL: u8 = 0x26;
/// `SAFETY -> Safety`
pub const SAFETY: u8 = 0x28;
/// `CALL | hash of number and order (32) -> Call`
pub const CALL: u8 = 0x29;
/// `CHANGES -> Changes`
pub const CHANGES: u8 = 0x2a;
/// `RANDOMNESS | validator key (32) -> Randomness`
pub const RANDOMNESS: u8 = 0x2b;
/// `MARK | height modulo 16,384 (2, big endian) -> Mark`
pub const MARK: u8 = 0x2c;
/// `INCOME -> Income`
pub const INCOME: u8 = 0x2d;
/// `COMPUTE -> Compute`
pub const COMPUTE: u8 = 0x30;
/// `COMPUTE_AGENDA -> Agenda`
pub const COMPUTE_AGENDA: u8 = 0x31;
/// `WORKER | address (20) -> Worker`
pub const WORKER: u8 = 0x32;
/// `WORKER_BEATS | address (20) -> Node`
pub const WORKER_BEATS: u8 = 0x33;
/// `DEVICE | address (20) | number (1) -> Device`
pub const DEVICE: u8 = 0x34;
/// `DEVICE_EVIDENCE | address (20) | number (1) -> Blob`
pub const DEVICE_EVIDENCE: u8 = 0x35;
/// `DEVICE_UUID | hash (32) -> DeviceId`
pub const DEVICE_UUID: u8 = 0x36;
/// `ELIGIBLE | kind (1) | place (4, big endian) -> DeviceId`
pub const ELIGIBLE: u8 = 0x37;
/// `TASK | number (8, big endian) -> Task`
pub const TASK: u8 = 0x38;
/// `DUE | height (8, big endian) -> DueCount`
pub const DUE: u8 = 0x39;
/// `DUE_ENTRY | height (8, big endian) | place (4, big endian) -> DueItem`
pub const DUE_ENTRY: u8 = 0x3a;
/// `VERIFYING -> Verifying`
pub const VERIFYING: u8 = 0x3b;
/// `CREDITS | address (20) -> Credits`
pub const CREDITS: u8 = 0x3c;
/// `MINER_POOL | epoch (8, big endian) -> MinerPool`
pub const MINER_POOL: u8 = 0x3d;
/// `CHECKER | validator key (32) -> Checker`
pub const CHECKER: u8 = 0x3e;
/// `DRIVERS -> Drivers`
pub const DRIVERS: u8 = 0x3f;
/// `MODELS -> Models`
pub const MODELS: u8 = 0x40;
/// `ENERGY -> Energy`
pub const ENERGY: u8 = 0x41;
/// `ENERGY_AGENDA -> Agenda`
pub const ENERGY_AGENDA: u8 = 0x42;
/// `ENERGY_DUE | height (8, big endian) -> DueCount`
pub const ENERGY_DUE: u8 = 0x43;
/// `ENERGY_DUE_ENTRY | height (8, big endian) | place (4, big endian) -> DueItem`
pub const ENERGY_DUE_ENTRY: u8 = 0x44;
/// `ENERGY_PROVIDER | address (20) -> Provider`
pub const ENERGY_PROVIDER: u8 = 0x45;
/// `METER | id (32) -> Meter`
pub const METER: u8 = 0x46;
/// `METER_KEY | id (32) -> MeterKey`
pub const METER_KEY: u8 = 0x47;
/// `ENERGY_BATCH | number (8, big endian) -> Batch`
pub const ENERGY_BATCH: u8 = 0x48;
/// `ENERGY_ORACLE | address (20) -> Oracle`
pub const ENERGY_ORACLE: u8 = 0x49;
/// `ORACLE_SET | version (4, big endian) -> OracleSet`
pub const ORACLE_SET: u8 = 0x4a;
/// `ENERGY_SETTLEMENT | version (4, big endian) -> Settlement`
pub const ENERGY_SETTLEMENT: u8 = 0x4b;
/// `ENERGY_CREDIT | zone (16, filled up with zeros) | slot (8, big endian) | provider (20) -> Credit`
pub const ENERGY_CREDIT: u8 = 0x4c;
/// `ENERGY_BOOK | zone (16, filled up with zeros) | slot (8, big endian) -> Book`
pub const ENERGY_BOOK: u8 = 0x4d;
/// `TARIFF | provider (20) -> Tariff`
pub const TARIFF: u8 = 0x4e;
/// `CERTIFICATE | number (8, big endian) -> Certificate`
pub const CERTIFICATE: u8 = 0x4f;
/// `ENERGY_DISPUTE | number (8, big endian) -> Dispute`
pub const ENERGY_DISPUTE: u8 = 0x50;
/// `ENERGY_GRANT | grantor (20) | account (20) -> Grant`
pub const ENERGY_GRANT: u8 = 0x51;
/// `ENERGY_RATE | account (20) | role (1) -> Rate`
pub const ENERGY_RATE: u8 = 0x52;
/// `METER_OF_KEY | SHA-256 of the key on the wire (32) -> Hash`
pub const METER_OF_KEY: u8 = 0x53;
/// `DEVICE_REPORT | address (20) | number (1) -> DeviceReport`
pub const DEVICE_REPORT: u8 = 0x54;

/// Every table with its name.
pub const ALL: &[(u8, &str)] = &[
    (ACCOUNT, "account"),
    (SUPPLY, "supply"),
    (PARAMS, "params"),
    (VALIDATOR_SET, "validator_set"),
    (VALIDATOR, "validator"),
    (PROFILE, "profile"),
    (OPERATOR, "operator"),
    (SLASHES, "slashes"),
    (CANDIDATES, "candidates"),
    (STAKING_TOTALS, "staking_totals"),
    (UNBONDING_QUEUE, "unbonding_queue"),
    (UNBONDING, "unbonding"),
    (DELEGATION, "delegation"),
    (DELEGATOR, "delegator"),
    (CONVERSION, "conversion"),
    (PERFORMANCE, "performance"),
    (EMISSION, "emission"),
    (NODE, "node"),
    (VESTING, "vesting"),
    (SNAPSHOTS, "snapshots"),
    (PAST, "past"),
    (AGENDA, "agenda"),
    (PROPOSAL, "proposal"),
    (STANDING, "standing"),
    (ELECTORATE, "electorate"),
    (POWER, "power"),
    (VALIDATOR_VOTE, "validator_vote"),
    (ACCOUNT_VOTE, "account_vote"),
    (TREASURY, "treasury"),
    (DISBURSEMENT, "disbursement"),
    (PENDING, "pending"),
    (DEPENDENTS, "dependents"),
    (PREFERENCES, "preferences"),
    (NETWORK, "network"),
    (SPEC, "spec"),
    (ADOPTION, "adoption"),
    (COHORT, "cohort"),
    (PROTOCOL, "protocol"),
    (SAFETY, "safety"),
    (CALL, "call"),
    (CHANGES, "changes"),
    (RANDOMNESS, "randomness"),
    (MARK, "mark"),
    (INCOME, "income"),
    (COMPUTE, "compute"),
    (COMPUTE_AGENDA, "compute_agenda"),
    (WORKER, "worker"),
    (WORKER_BEATS, "worker_beats"),
    (DEVICE, "device"),
    (DEVICE_EVIDENCE, "device_evidence"),
    (DEVICE_UUID, "device_uuid"),
    (ELIGIBLE, "eligible"),
    (TASK, "task"),
    (DUE, "due"),
    (DUE_ENTRY, "due_entry"),
    (VERIFYING, "verifying"),
    (CREDITS, "credits"),
    (MINER_POOL, "miner_pool"),
    (CHECKER, "checker"),
    (DRIVERS, "drivers"),
    (MODELS, "models"),
    (ENERGY, "energy"),
    (ENERGY_AGENDA, "energy_agenda"),
    (ENERGY_DUE, "energy_due"),
    (ENERGY_DUE_ENTRY, "energy_due_entry"),
    (ENERGY_PROVIDER, "energy_provider"),
    (METER, "meter"),
    (METER_KEY, "meter_key"),
    (ENERGY_BATCH, "energy_batch"),
    (ENERGY_ORACLE, "energy_oracle"),
    (ORACLE_SET, "oracle_set"),
    (ENERGY_SETTLEMENT, "energy_settlement"),
    (ENERGY_CREDIT, "energy_credit"),
    (ENERGY_BOOK, "energy_book"),
    (TARIFF, "tariff"),
    (CERTIFICATE, "certificate"),
    (ENERGY_DISPUTE, "energy_dispute"),
    (ENERGY_GRANT, "energy_grant"),
    (ENERGY_RATE, "energy_rate"),
    (METER_OF_KEY, "meter_of_key"),
    (DEVICE_REPORT, "device_report"),
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
