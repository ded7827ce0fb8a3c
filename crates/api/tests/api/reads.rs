//! What can be read.

use crate::{chain, fixture::Api, node::TIP};
use std::sync::atomic::Ordering;

fn hex_of(hash: althing_types::Hash) -> String {
    hex::encode(hash)
}

#[tokio::test]
async fn version_and_status_name_the_chain_and_the_position() {
    let api = Api::new();
    let version = api.get("/v1/version").await.ok();
    assert_eq!(version["chain_id"], "test-1");
    assert_eq!(version["genesis_hash"], hex_of(chain::genesis().hash()));
    assert_eq!((&version["decimals"], &version["symbol"]), (&18.into(), &"CPC".into()));
    let status = api.get("/v1/status").await.ok();
    assert_eq!(status["height"], TIP);
    assert_eq!(status["behind"], 2);
    assert_eq!(status["epoch"], 2);
    assert_eq!(status["ready"], true);
    let tip = api.get("/v1/blocks/latest").await.ok();
    assert_eq!(status["block_hash"], tip["hash"]);
    assert_eq!(status["state_root"], tip["state_root"]);
}

#[tokio::test]
async fn health_says_what_fails() {
    let api = Api::new();
    assert_eq!(api.get("/v1/health/live").await.ok()["status"], "ok");
    assert_eq!(api.get("/v1/health/ready").await.ok()["status"], "ok");
    api.node.broken.store(true, Ordering::Relaxed);
    let answer = api.get("/v1/health/ready").await;
    assert!(answer.headers.contains_key("retry-after"));
    let detail = answer.fails(503, "not_ready");
    assert_eq!(detail["failing"], serde_json::json!(["behind", "no_peers"]));
    assert_eq!(api.get("/v1/status").await.ok()["ready"], false);
    assert_eq!(api.get("/v1/health/live").await.ok()["status"], "ok");
}

#[tokio::test]
async fn genesis_is_the_file_itself() {
    let api = Api::new();
    let text = api.get("/v1/genesis").await;
    let read = althing_types::Genesis::from_json(text.text()).unwrap();
    assert_eq!(read.hash(), chain::genesis().hash());
    let params = api.get("/v1/params").await.ok();
    assert_eq!(params["epoch_length"], chain::EPOCH_LENGTH);
}

#[tokio::test]
async fn the_supply_adds_up() {
    let supply = Api::new().get("/v1/supply").await.ok();
    assert_eq!(supply["total"], "1023");
    assert_eq!(supply["genesis"], "1000");
    assert_eq!((&supply["minted"], &supply["burned"]), (&"30".into(), &"7".into()));
}

#[tokio::test]
async fn validators_are_listed_by_epoch() {
    let api = Api::new();
    let now = api.get("/v1/validators").await.ok();
    assert_eq!((&now["epoch"], &now["quorum"]), (&2.into(), &1.into()));
    assert_eq!(now["validators"][0]["name"], "one");
    assert_eq!(api.get("/v1/validators?epoch=0").await.ok()["epoch"], 0);
    api.get("/v1/validators?epoch=9").await.fails(404, "epoch_not_found");
    let key = chain::validator_key();
    let one = api.get(&format!("/v1/validators/{key}")).await.ok();
    assert_eq!(one, now["validators"][0]);
    let members = api.get("/v1/validators?epoch=2").await.ok();
    assert_eq!((&members["total"], &members["validators"][0]["key"]), (&1.into(), &one["key"]));
    let other = althing_types::ValidatorKey::from_public_key(&{
        use commonware_cryptography::Signer as _;
        commonware_cryptography::ed25519::PrivateKey::from_seed(9).public_key()
    });
    api.get(&format!("/v1/validators/{other}")).await.fails(404, "validator_not_found");
    api.get("/v1/validators/abc").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn an_epoch_has_its_boundary_once_it_is_complete() {
    let api = Api::new();
    let first = api.get("/v1/epochs/0").await.ok();
    assert_eq!((&first["first_height"], &first["last_height"]), (&0.into(), &9.into()));
    assert_eq!(first["complete"], true);
    assert_eq!(first["boundary"]["headers"].as_array().unwrap().len(), 1);
    let present = api.get("/v1/epochs/2").await.ok();
    assert_eq!(present["complete"], false);
    assert!(present.get("boundary").is_none());
    api.get("/v1/epochs/18446744073709551615").await.fails(404, "epoch_not_found");
}

#[tokio::test]
async fn faults_and_forks_are_listed() {
    let api = Api::new();
    let evidence = api.get("/v1/evidence").await.ok();
    assert_eq!(evidence["evidence"][0]["kind"], "conflicting_notarize");
    let forks = api.get("/v1/forks").await.ok();
    assert_eq!(
        (&forks["abandoned_branches"], &forks["forks"][0]["height"]),
        (&1.into(), &2.into())
    );
}

#[tokio::test]
async fn a_block_is_found_by_height_hash_and_latest() {
    let api = Api::new();
    let block = api.get("/v1/blocks/7").await.ok();
    assert_eq!((&block["height"], &block["transaction_count"]), (&7.into(), &3.into()));
    assert_eq!(block["leader_name"], "one");
    assert!(block["time_ms"].as_u64().unwrap() > 1_700_000_000_000);
    let hash = block["hash"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/blocks/{hash}")).await.ok(), block);
    assert_eq!(api.get("/v1/blocks/latest").await.ok()["height"], TIP);
    assert_eq!(api.get("/v1/blocks/9").await.ok()["next_validators"][0]["name"], "one");
    assert_eq!(api.get("/v1/blocks/25").await.fails(404, "block_not_found")["height"], 25);
    api.get(&format!("/v1/blocks/{}", "0".repeat(64))).await.fails(404, "block_not_found");
    api.get("/v1/blocks/x").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn the_header_hashes_to_the_name_of_the_block() {
    let header = Api::new().get("/v1/blocks/7/header").await.ok();
    let bytes = hex::decode(header["header"].as_str().unwrap()).unwrap();
    let digest = althing_types::hash::sha256(&[&bytes]);
    assert_eq!(header["hash"], hex_of(digest));
}

#[tokio::test]
async fn a_certified_block_can_be_decoded() {
    use commonware_codec::Decode as _;
    let api = Api::new();
    let view = api.get("/v1/certified/7").await.ok();
    let bytes = hex::decode(view["block"].as_str().unwrap()).unwrap();
    let block = althing_types::Block::decode_cfg(bytes, &()).unwrap();
    assert_eq!(view["hash"], hex_of(block.hash()));
    assert_eq!(view["finality"]["headers"].as_array().unwrap().len(), 2);
    api.node.certified.store(false, Ordering::Relaxed);
    api.get("/v1/certified/7").await.fails(404, "proof_unavailable");
}

#[tokio::test]
async fn pages_of_blocks_cover_the_chain_once() {
    let api = Api::new();
    let mut heights = Vec::new();
    let mut path = "/v1/blocks?limit=7".to_owned();
    loop {
        let page = api.get(&path).await.ok();
        let blocks = page["blocks"].as_array().unwrap();
        heights.extend(blocks.iter().map(|block| block["height"].as_u64().unwrap()));
        let Some(next) = page["next"].as_u64() else { break };
        path = format!("/v1/blocks?limit=7&before={next}");
    }
    assert_eq!(heights, (0..=TIP).rev().collect::<Vec<_>>());
    assert_eq!(api.get("/v1/blocks?before=0").await.ok()["blocks"], serde_json::json!([]));
    assert_eq!(api.get("/v1/blocks?before=999").await.ok()["blocks"][0]["height"], TIP);
}

#[tokio::test]
async fn page_sizes_are_bounded() {
    let api = Api::new();
    for path in ["/v1/blocks", "/v1/transactions", "/v1/mempool", "/v1/blocks/7/transactions"] {
        for limit in ["0", "101", "-1", "x", "99999999999999999999"] {
            api.get(&format!("{path}?limit={limit}")).await.fails(400, "invalid_parameter");
        }
        api.get(&format!("{path}?limit=100")).await.ok();
    }
}

#[tokio::test]
async fn transactions_and_receipts_of_a_block_come_in_order() {
    let api = Api::new();
    let first = api.get("/v1/blocks/7/transactions?limit=2").await.ok();
    assert_eq!(first["transactions"].as_array().unwrap().len(), 2);
    let rest = api.get("/v1/blocks/7/transactions?limit=2&offset=2").await.ok();
    assert_eq!(first["next"], "2");
    assert!(rest.get("next").is_none());
    let third = &rest["transactions"][0];
    assert_eq!((&third["index"], &third["height"]), (&2.into(), &7.into()));
    assert_eq!(third["hash"], hex_of(chain::transfer(2, 7).hash()));
    let receipts = api.get("/v1/blocks/7/receipts").await.ok();
    assert_eq!(receipts["receipts"][2], third["receipt"]);
    let beyond = api.get("/v1/blocks/7/receipts?offset=18446744073709551615").await.ok();
    assert_eq!(beyond["receipts"], serde_json::json!([]));
}

#[tokio::test]
async fn a_transaction_is_finalized_pending_dropped_or_unknown() {
    let api = Api::new();
    let status = async |transaction: althing_types::SignedTransaction| {
        api.get(&format!("/v1/transactions/{}", hex_of(transaction.hash()))).await.ok()
    };
    let done = status(chain::transfer(1, 7)).await;
    assert_eq!((&done["status"], &done["height"]), (&"finalized".into(), &7.into()));
    assert_eq!(done["receipt"]["success"], true);
    assert_eq!(done["receipt"]["events"][0]["amount"], "8");
    assert_eq!(done["block_hash"], api.get("/v1/blocks/7").await.ok()["hash"]);
    assert_eq!(done["transaction"]["payload"]["type"], "transfer");
    let failed = status(chain::transfer(99, 0)).await;
    assert_eq!(failed["status"], "finalized");
    assert_eq!(
        (&failed["receipt"]["success"], &failed["receipt"]["code"]),
        (&false.into(), &7.into())
    );
    assert_eq!(status(chain::transfer(50, 0)).await["status"], "pending");
    let dropped = status(chain::transfer(60, 0)).await;
    assert_eq!(
        (&dropped["status"], &dropped["reason"]["code"]),
        (&"dropped".into(), &"expired".into())
    );
    let unknown = status(chain::transfer(61, 0)).await;
    assert_eq!(unknown["status"], "unknown");
    assert!(unknown.get("receipt").is_none());
    api.get("/v1/transactions/12").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn a_receipt_is_there_when_the_transaction_is_final() {
    let api = Api::new();
    let path = |transaction: althing_types::SignedTransaction| {
        format!("/v1/transactions/{}/receipt", hex_of(transaction.hash()))
    };
    let receipt = api.get(&path(chain::transfer(1, 7))).await.ok();
    assert_eq!((&receipt["success"], &receipt["gas_used"]), (&true.into(), &21_000.into()));
    assert_eq!(receipt["fee_display"], "0.000021 CPC");
    let pending = api.get(&path(chain::transfer(50, 0))).await.fails(409, "not_finalized");
    assert_eq!(pending["status"], "pending");
    let dropped = api.get(&path(chain::transfer(60, 0))).await.fails(409, "not_finalized");
    assert_eq!(dropped["reason"]["code"], "expired");
    api.get(&path(chain::transfer(61, 0))).await.fails(404, "transaction_not_found");
}

#[tokio::test]
async fn listings_of_transactions_go_on_at_a_position() {
    let api = Api::new();
    let total: u64 = (1..=TIP).map(|height| height % 4).sum();
    let walk = async |start: String| {
        let mut hashes = Vec::new();
        let mut path = start.clone();
        loop {
            let page = api.get(&path).await.ok();
            let entries = page["transactions"].as_array().unwrap();
            hashes.extend(entries.iter().map(|entry| entry["hash"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return hashes };
            path = format!("{start}&before={next}");
        }
    };
    let recent = walk("/v1/transactions?limit=5".to_owned()).await;
    assert_eq!(recent.len() as u64, total);
    assert_eq!(recent[0], hex_of(chain::transfer(2, 23).hash()));
    let distinct: std::collections::BTreeSet<_> = recent.iter().collect();
    assert_eq!(distinct.len() as u64, total);
    let account = walk(format!("/v1/accounts/{}/transactions?limit=3", chain::address(1))).await;
    let expected = (1..=TIP).rev().filter(|height| height % 4 > 1);
    let expected = expected.map(|height| hex_of(chain::transfer(1, height).hash()));
    assert_eq!(account, expected.collect::<Vec<_>>());
    for before in ["", "7", "7-", "-1", "a-b", "7-99999999999"] {
        let path = format!("/v1/transactions?before={before}");
        api.get(&path).await.fails(400, "invalid_parameter");
    }
    api.node.indexed.store(false, Ordering::Relaxed);
    api.get("/v1/transactions").await.fails(503, "index_disabled");
}

#[tokio::test]
async fn an_account_has_balance_and_nonces() {
    let api = Api::new();
    let address = chain::address(1);
    let account = api.get(&format!("/v1/accounts/{address}")).await.ok();
    assert_eq!(account["balance"], "2500000000000000000");
    assert_eq!(account["balance_display"], "2.5 CPC");
    assert_eq!((&account["nonce"], &account["pending_nonce"]), (&4.into(), &6.into()));
    assert!(account.get("proof").is_none());
    let empty = api.get(&format!("/v1/accounts/{}", chain::address(77))).await.ok();
    assert_eq!((&empty["exists"], &empty["balance"]), (&false.into(), &"0".into()));
    let nonce = async |query: &str| {
        api.get(&format!("/v1/accounts/{address}/nonce{query}")).await.ok()["nonce"].clone()
    };
    assert_eq!(nonce("").await, 4);
    assert_eq!(nonce("?pending=true").await, 6);
    api.get("/v1/accounts/nobody").await.fails(400, "invalid_parameter");
    api.get(&format!("/v1/accounts/{address}?proof=maybe")).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn the_mempool_and_what_it_costs_are_shown() {
    let api = Api::new();
    let mempool = api.get("/v1/mempool?limit=1").await.ok();
    assert_eq!(mempool["count"], 2);
    assert_eq!(mempool["transactions"][0]["hash"], hex_of(chain::transfer(50, 0).hash()));
    assert!(mempool["transactions"].as_array().unwrap().len() == 1);
    let fees = api.get("/v1/fees?bytes=300").await.ok();
    assert_eq!(fees["gas_price"]["normal"], 1_000_000_000u64);
    assert_eq!(fees["mempool"]["p50"], 3);
    assert_eq!(fees["messages"][0]["gas"], 21_000 + 44 * 16);
    assert_eq!(fees["messages"][0]["fee"], ((21_000 + 44 * 16) * 1_000_000_000u64).to_string());
    api.get("/v1/fees?bytes=65537").await.fails(400, "invalid_parameter");
    let gas = api.get("/v1/gas").await.ok();
    assert_eq!(gas["messages"][0]["message_type"], "transfer");
}

#[tokio::test]
async fn prices_rise_when_a_block_cannot_hold_what_waits() {
    let api = Api::new();
    let crowd = (0..20_000u32).map(|n| {
        let body = chain::unsigned((n % 200) as u8, u64::from(n), 1_000_000_000 + u64::from(n));
        let authorization =
            althing_types::Authorization::Ed25519 { public_key: [0; 32], signature: [0; 64] };
        althing_types::SignedTransaction::new(body, authorization)
    });
    *api.node.pending.lock().unwrap() = crowd.rev().collect();
    let price = api.get("/v1/fees").await.ok()["gas_price"].clone();
    let [slow, normal, fast] = ["slow", "normal", "fast"].map(|at| price[at].as_u64().unwrap());
    assert!(1_000_000_000 < slow && slow < normal && normal < fast, "{price}");
}

#[tokio::test]
async fn a_search_finds_blocks_transactions_accounts_and_validators() {
    let api = Api::new();
    let kinds = async |query: String| {
        let found = api.get(&format!("/v1/search?q={query}")).await.ok();
        let hits = found["results"].as_array().unwrap().clone();
        for hit in &hits {
            api.get(hit["url"].as_str().unwrap()).await.ok();
        }
        hits.iter().map(|hit| hit["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("7".into()).await, ["block"]);
    let hash = api.get("/v1/blocks/7").await.ok()["hash"].as_str().unwrap().to_owned();
    assert_eq!(kinds(hash).await, ["block"]);
    assert_eq!(kinds(hex_of(chain::transfer(1, 7).hash())).await, ["transaction"]);
    assert_eq!(kinds(chain::address(1).to_string()).await, ["account"]);
    assert_eq!(kinds(chain::validator_key().to_string()).await, ["validator"]);
    assert_eq!(kinds("999999".into()).await, Vec::<String>::new());
    assert_eq!(kinds("%3Cscript%3E".into()).await, Vec::<String>::new());
    api.get("/v1/search?q=").await.fails(400, "invalid_parameter");
    api.get("/v1/search").await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn metrics_are_one_document_of_node_and_server() {
    let api = Api::new();
    api.get("/v1/status").await.ok();
    let metrics = api.get("/metrics").await;
    let kind = metrics.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = metrics.text();
    assert!(text.contains("block_height 24\n"), "{text}");
    assert!(text.contains("althing_http_requests_total{route=\"/v1/status\""), "{text}");
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(text.ends_with("# EOF\n"));
}
