//! Thousands of damaged requests: each is answered, none by a fault of the node.

use crate::{
    chain,
    fixture::{Api, assert_error_shape, request},
};
use axum::http::{Method, Request};
use serde_json::json;

/// SplitMix64 with a fixed seed, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Flips, removes, inserts, repeats or cuts bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            if bytes.is_empty() {
                bytes.push(self.next() as u8);
                continue;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.next() as u8,
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, self.next() as u8),
                4 => bytes.truncate(at),
                _ => {
                    let part = bytes[at..].to_vec();
                    bytes.extend(part);
                }
            }
        }
    }
}

struct Seed {
    method: Method,
    path: String,
    kind: Option<&'static str>,
    body: Vec<u8>,
}

fn seeds() -> Vec<Seed> {
    let (address, key) = (chain::address(1), chain::validator_key());
    let hash = hex::encode(chain::transfer(1, 7).hash());
    let gets = [
        "/v1/blocks?before=9&limit=3".to_owned(),
        "/v1/blocks/7".to_owned(),
        "/v1/blocks/latest/transactions?offset=1&limit=2".to_owned(),
        "/v1/blocks/7/receipts?offset=0".to_owned(),
        "/v1/certified/7".to_owned(),
        "/v1/epochs/1".to_owned(),
        "/v1/validators?epoch=1".to_owned(),
        format!("/v1/validators/{key}"),
        "/v1/validators?status=active,jailed&sort=score&offset=1&limit=2".to_owned(),
        format!("/v1/validators/{key}/history?before=9&limit=2"),
        format!("/v1/validators/{key}/delegations?after={address}&limit=2"),
        format!("/v1/delegator/{address}/delegations"),
        format!("/v1/delegator/{address}/rewards?before=9&limit=2"),
        format!("/v1/delegator/{address}/unbonding?before=9&limit=2"),
        format!("/v1/economics?validator={key}&stake=1000&delegate=5&commission=50000&costs=9"),
        "/v1/transactions?before=7-1&limit=5".to_owned(),
        format!("/v1/transactions/{hash}"),
        format!("/v1/transactions/{hash}/proof"),
        format!("/v1/accounts/{address}?proof=true"),
        format!("/v1/accounts/{address}/nonce?pending=true"),
        format!("/v1/accounts/{address}/transactions?before=9-0"),
        "/v1/fees?bytes=300".to_owned(),
        "/v1/search?q=7".to_owned(),
        "/v1/mempool?limit=2".to_owned(),
    ];
    let (json, binary) = (Some("application/json"), Some("application/octet-stream"));
    let post =
        |path: &str, kind, body| Seed { method: Method::POST, path: path.to_owned(), kind, body };
    let signed = chain::transfer(10, 0);
    let mut fields = serde_json::to_value(signed.body()).unwrap();
    let authorization = althing_api::views::AuthorizationJson::from(signed.authorization());
    fields["authorization"] = serde_json::to_value(authorization).unwrap();
    let fields = fields.to_string().into_bytes();
    let in_hex = json!({ "transaction": hex::encode(signed.bytes()) }).to_string().into_bytes();
    let mut batch = Vec::new();
    for nonce in 0..4 {
        let transaction = chain::transfer(10, nonce);
        batch.extend_from_slice(&(transaction.bytes().len() as u32).to_be_bytes());
        batch.extend_from_slice(transaction.bytes());
    }
    let mut seeds: Vec<Seed> = gets
        .into_iter()
        .map(|path| Seed { method: Method::GET, path, kind: None, body: vec![] })
        .collect();
    seeds.extend([
        post("/v1/transactions", binary, signed.bytes().to_vec()),
        post("/v1/transactions", json, fields.clone()),
        post("/v1/transactions", json, in_hex),
        post("/v1/transactions/simulate", json, fields),
        post("/v1/transactions/simulate", binary, signed.bytes().to_vec()),
        post("/v1/transactions/batch", binary, batch),
        post("/v1/faucet", json, json!({ "address": address }).to_string().into_bytes()),
        post("/v1/peers", json, json!({ "key": key, "endpoint": "a:1" }).to_string().into_bytes()),
        post(&format!("/v1/peers/{key}/ban"), json, b"{\"seconds\": 5}".to_vec()),
    ]);
    seeds
}

/// A damaged path, percent-encoded where HTTP would not carry it.
fn damaged_path(random: &mut Random, path: &str) -> String {
    let mut bytes = path.as_bytes()[1..].to_vec();
    random.damage(&mut bytes);
    let mut text = "/".to_owned();
    for byte in bytes {
        if byte.is_ascii_alphanumeric()
            || b"/?&=-_.%{}".contains(&byte) && byte != b'{' && byte != b'}'
        {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}

#[tokio::test]
async fn damaged_requests_are_refused_with_the_shape_of_an_error() {
    const ROUNDS: usize = 6_000;
    let api = Api::new();
    let seeds = seeds();
    let mut random = Random(2_026);
    let (mut refused, mut sent) = (0, 0);
    while sent < ROUNDS {
        let seed = &seeds[random.below(seeds.len())];
        let mut body = seed.body.clone();
        let mut path = seed.path.clone();
        if body.is_empty() || random.below(5) == 0 {
            path = damaged_path(&mut random, &path);
        }
        if !body.is_empty() {
            random.damage(&mut body);
        }
        let kind = if random.below(20) == 0 { None } else { seed.kind };
        let uri = path.parse::<axum::http::Uri>();
        // What is no URI does not get past the HTTP parser, and a stream would not end.
        if uri.is_err() || path.contains("/events") {
            continue;
        }
        sent += 1;
        let request: Request<_> = request(seed.method.clone(), &path, kind, body.clone());
        let answer = api.send(request).await;
        let status = answer.status.as_u16();
        assert!(status < 500, "{} {path} {body:?}: {status} {}", seed.method, answer.text());
        if status >= 400 {
            refused += 1;
            assert_error_shape(&answer);
        } else if !matches!(path.split('?').next(), Some("/" | "/docs" | "/v1/docs" | "/metrics")) {
            answer.json();
        }
    }
    // Most of the damage is noticed.
    assert!(refused > ROUNDS / 2, "{refused} of {ROUNDS}");
}
