//! Texts from outside: genesis files, entries of a ceremony, transactions as JSON, addresses, amounts.
#![no_main]

use althing_types::{Address, Amount, ChainId, Genesis, Transaction, genesis::GenesisEntry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    if let Ok(genesis) = Genesis::from_json(data) {
        let again = Genesis::from_json(&genesis.to_json()).expect("what is written can be read");
        assert_eq!(again.hash(), genesis.hash());
    }
    if let Ok(entry) = serde_json::from_str::<GenesisEntry>(data) {
        let chain: ChainId = "fuzz".parse().expect("a chain id");
        assert!(entry.verify(chain).is_err(), "a forged entry is accepted");
    }
    let _ = serde_json::from_str::<Transaction>(data);
    if let Ok(address) = data.parse::<Address>() {
        assert_eq!(address.to_string(), data.to_lowercase());
    }
    if let Ok(amount) = Amount::parse_tokens(data) {
        assert_eq!(Amount::parse_tokens(&amount.to_tokens()), Ok(amount));
    }
});
