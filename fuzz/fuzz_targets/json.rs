//! Texts from outside: genesis files, transactions as JSON, addresses, amounts.
#![no_main]

use althing_types::{Address, Amount, Genesis, Transaction};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    if let Ok(genesis) = Genesis::from_json(data) {
        let again = Genesis::from_json(&genesis.to_json()).expect("what is written can be read");
        assert_eq!(again.hash(), genesis.hash());
    }
    let _ = serde_json::from_str::<Transaction>(data);
    if let Ok(address) = data.parse::<Address>() {
        assert_eq!(address.to_string(), data.to_lowercase());
    }
    if let Ok(amount) = Amount::parse_tokens(data) {
        assert_eq!(Amount::parse_tokens(&amount.to_tokens()), Ok(amount));
    }
});
