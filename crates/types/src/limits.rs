//! Sizes that the wire format promises. They are consensus rules: identical everywhere, and they
//! may grow only at a protocol upgrade.

/// Largest encoded transaction, in bytes.
pub const MAX_TRANSACTION_BYTES: usize = 64 * 1024;
/// Longest memo, in bytes of UTF-8.
pub const MAX_MEMO_BYTES: usize = 256;
/// Most transactions in one block.
pub const MAX_BLOCK_TRANSACTIONS: usize = 65_535;
/// Largest sum of encoded transactions in one block, in bytes. The chain parameter
/// `max_block_bytes` may be smaller, never larger.
pub const MAX_BLOCK_BYTES: usize = 4 * 1024 * 1024;
/// Most validators in one set.
pub const MAX_VALIDATORS: usize = 100;
/// Longest chain id, in ASCII characters.
pub const MAX_CHAIN_ID_BYTES: usize = 31;
/// Longest network endpoint (`host:port`), in bytes.
pub const MAX_ENDPOINT_BYTES: usize = 255;
/// Largest key in the state, in bytes.
pub const MAX_STATE_KEY_BYTES: usize = 64;
/// Largest value in the state, in bytes.
pub const MAX_STATE_VALUE_BYTES: usize = 64 * 1024;
/// Most events in one receipt.
pub const MAX_RECEIPT_EVENTS: usize = 8_192;
/// Longest name of a validator, in bytes.
pub const MAX_VALIDATOR_NAME_BYTES: usize = 70;
/// Longest web address of a validator, in bytes.
pub const MAX_VALIDATOR_WEBSITE_BYTES: usize = 140;
/// Longest description of a validator, in bytes.
pub const MAX_VALIDATOR_DESCRIPTION_BYTES: usize = 280;
/// Longest version, commit or region of a node, in bytes.
pub const MAX_NODE_TEXT_BYTES: usize = 64;
/// Longest title of a proposal, in bytes.
pub const MAX_PROPOSAL_TITLE_BYTES: usize = 140;
/// Longest summary of a proposal, in bytes. What needs more is linked to.
pub const MAX_PROPOSAL_SUMMARY_BYTES: usize = 2_000;
/// Longest link of a proposal, in bytes.
pub const MAX_PROPOSAL_LINK_BYTES: usize = 280;
/// Most parameters that one proposal changes.
pub const MAX_PARAMETER_CHANGES: usize = 16;
/// Longest name of a parameter, in bytes.
pub const MAX_PARAMETER_NAME_BYTES: usize = 48;
/// Most payments of one disbursement.
pub const MAX_DISBURSEMENT_PAYMENTS: usize = 32;
/// Most disbursements that one depends on, and that depend on one.
pub const MAX_DISBURSEMENT_DEPENDENCIES: usize = 100;
/// Most nodes that a configuration of the network names to begin with.
pub const MAX_BOOT_NODES: usize = 64;
/// Most members of the safety override.
pub const MAX_SAFETY_MEMBERS: usize = 16;
/// Longest notes of an upgrade, in bytes.
pub const MAX_UPGRADE_NOTES_BYTES: usize = 280;
/// Longest memo of a disbursement, in bytes.
pub const MAX_DISBURSEMENT_MEMO_BYTES: usize = 8 * 1024;
/// Most products of one batch.
pub const MAX_BATCH: u32 = 64;
/// Most devices of a worker.
pub const MAX_DEVICES: u8 = 16;
/// Longest version of a driver, and the like, in bytes.
pub const MAX_COMPUTE_TEXT_BYTES: usize = 32;
/// Longest name of a model of devices, in bytes.
pub const MAX_DEVICE_TEXT_BYTES: usize = 64;
/// Most shapes that the chain prices.
pub const MAX_PRICES: usize = 32;
/// Most members of a committee that checks a result.
pub const MAX_COMMITTEE: usize = 32;
/// Most results that one message commits to.
pub const MAX_COMMITMENTS: usize = 16;
/// Most votes of one message.
pub const MAX_RESULT_VOTES: usize = 64;
/// Largest evidence about a device, in bytes: 8 KiB, and 16 KiB for a report that the device signed.
pub const MAX_EVIDENCE_BYTES: usize = 24 * 1024;
/// Largest tile of a result with its proof, in bytes.
pub const MAX_TILE_BYTES: usize = 4 * 1024;
/// Longest row or column of an operand, in bytes.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// Longest proof of a row or column of an operand, in bytes.
pub const MAX_PATH_BYTES: usize = 2 * 1024;
/// Most PCI ids of one model of devices.
pub const MAX_MODEL_IDS: usize = 16;
/// Most entries of each list that one change of a whitelist adds or removes.
pub const MAX_WHITELIST_CHANGES: usize = 64;
/// Most drivers on the whitelist.
pub const MAX_KNOWN_DRIVERS: usize = 512;
/// Most models on the whitelist.
pub const MAX_KNOWN_MODELS: usize = 256;
/// Most tasks of a worker at a time.
pub const MAX_WORKER_TASKS: usize = 256;
/// Longest name of a provider of energy or of an oracle, in bytes.
pub const MAX_ENERGY_NAME_BYTES: usize = 70;
/// Longest code of a zone, in bytes.
pub const MAX_ZONE_BYTES: usize = 16;
/// Most readings of one batch.
pub const MAX_READINGS: usize = 64;
/// Most batches that one report of an oracle speaks about.
pub const MAX_REPORT_ITEMS: usize = 32;
/// Most oracles that have a weight at a time.
pub const MAX_ORACLES: usize = 32;
/// Most slots that one reading spans.
pub const MAX_READING_SLOTS: usize = 8;
/// Most offers, and most orders, of one slot of a zone.
pub const MAX_BOOK_ENTRIES: usize = 256;
/// Most sales of a provider in one slot that are not paid yet.
pub const MAX_SLOT_SALES: usize = 512;
/// Most sales that a dispute about a reading holds back.
pub const MAX_DISPUTED_SALES: usize = 32;
