//! Reads what callers write: heights, hashes, addresses, pages, transactions.

use crate::{
    backend::Backend,
    config::ApiConfig,
    error::{ApiError, ErrorCode},
    extract::{Format, json_from},
    views::AuthorizationJson,
};
use althing_types::{
    Address, Authorization, Epoch, Hash, Height, SignedTransaction, Transaction, ValidatorKey, hash,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

/// A page of a listing whose cursor is a height.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HeightPage {
    /// Only blocks below this height.
    pub(crate) before: Option<u64>,
    /// Entries wanted.
    pub(crate) limit: Option<usize>,
}

/// A page of a listing of transactions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PositionPage {
    /// `next` of the page before: only transactions older than this position, `height-index`.
    pub(crate) before: Option<String>,
    /// Entries wanted.
    pub(crate) limit: Option<usize>,
}

/// A page of a listing in order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OffsetPage {
    /// Entries to skip.
    pub(crate) offset: Option<usize>,
    /// Entries wanted.
    pub(crate) limit: Option<usize>,
}

/// The size of a page: what was asked for, or the default.
pub(crate) fn limit(wanted: Option<usize>, config: &ApiConfig) -> Result<usize, ApiError> {
    match wanted {
        None => Ok(config.default_page),
        Some(limit) if (1..=config.max_page).contains(&limit) => Ok(limit),
        Some(_) => {
            let message = format!("limit is from 1 to {}.", config.max_page);
            Err(ApiError::parameter("limit", message))
        }
    }
}

/// `height-index`.
pub(crate) fn position(name: &str, text: &str) -> Result<(Height, u32), ApiError> {
    let parts = text.split_once('-');
    let parsed = parts
        .and_then(|(height, index)| Some((Height::new(height.parse().ok()?), index.parse().ok()?)));
    parsed
        .ok_or_else(|| ApiError::parameter(name, format!("{name} is height-index, such as 12-0.")))
}

pub(crate) fn address(text: &str) -> Result<Address, ApiError> {
    text.parse().map_err(|error| {
        ApiError::parameter("address", format!("This is no address of this chain: {error}."))
    })
}

pub(crate) fn hash(text: &str) -> Result<Hash, ApiError> {
    hash::parse(text).ok_or_else(|| ApiError::parameter("hash", "A hash is 64 hex characters."))
}

pub(crate) fn validator(text: &str) -> Result<ValidatorKey, ApiError> {
    text.parse().map_err(|error| ApiError::parameter("key", format!("{error}.")))
}

pub(crate) fn epoch(text: &str) -> Result<Epoch, ApiError> {
    let number = text.parse().map(Epoch::new);
    number.map_err(|_| ApiError::parameter("epoch", "An epoch is a number from 0."))
}

/// Digits of the largest height.
const MAX_HEIGHT_DIGITS: usize = 20;

/// A height, the hash of a block, or `latest`.
pub(crate) async fn block_id(backend: &dyn Backend, text: &str) -> Result<Height, ApiError> {
    if text == "latest" {
        return Ok(backend.status().height);
    }
    // A hash may consist of digits only; no height is that long.
    if text.len() <= MAX_HEIGHT_DIGITS
        && let Ok(height) = text.parse()
    {
        return Ok(Height::new(height));
    }
    let Some(digest) = hash::parse(text) else {
        let message = "A block is named by its height, its hash (64 hex characters) or `latest`.";
        return Err(ApiError::parameter("id", message));
    };
    backend.height_of(digest).await.ok_or_else(|| {
        ApiError::new(ErrorCode::BlockNotFound, "This node knows no block with this hash.")
    })
}

/// A signed transaction from a body in either format.
pub(crate) fn signed(format: Format, body: Bytes) -> Result<SignedTransaction, ApiError> {
    match format {
        Format::Binary => decode_body(&body),
        Format::Json => signed_json(&body, Err),
    }
}

/// A transaction for a dry run, which needs no signature.
pub(crate) fn maybe_signed(format: Format, body: Bytes) -> Result<SignedTransaction, ApiError> {
    match format {
        Format::Binary => decode_body(&body),
        Format::Json => signed_json(&body, |_| {
            Ok(Authorization::Ed25519 { public_key: [0; 32], signature: [0; 64] })
        }),
    }
}

/// The body is a part of the connection's buffer, which a transaction that waits must not keep.
fn decode_body(body: &[u8]) -> Result<SignedTransaction, ApiError> {
    decode(Bytes::copy_from_slice(body))
}

fn decode(bytes: Bytes) -> Result<SignedTransaction, ApiError> {
    let size = bytes.len();
    SignedTransaction::from_bytes(bytes).map_err(|error| {
        let message = format!("The bytes are no transaction: {error}.");
        ApiError::new(ErrorCode::InvalidTransaction, message).detail(json!({ "bytes": size }))
    })
}

fn signed_json(
    body: &[u8],
    missing: impl FnOnce(ApiError) -> Result<Authorization, ApiError>,
) -> Result<SignedTransaction, ApiError> {
    let mut value: Value = json_from(body)?;
    let fault = |what: &str| {
        let message = format!("{what}. Send the fields of a transaction with its authorization.");
        ApiError::new(ErrorCode::InvalidJson, message)
    };
    let Some(object) = value.as_object_mut() else {
        return Err(fault("A JSON object is expected"));
    };
    if let Some(bytes) = object.get("transaction") {
        let text = bytes.as_str().ok_or_else(|| fault("transaction is a hex string"))?;
        let bytes = hex::decode(text).map_err(|_| fault("transaction is a hex string"))?;
        return decode(bytes.into());
    }
    let authorization = match object.remove("authorization") {
        Some(Value::Null) | None => missing(fault("authorization is missing"))?,
        Some(value) => serde_json::from_value::<AuthorizationJson>(value)
            .map_err(|error| fault(&format!("authorization: {error}")))?
            .parse()
            .map_err(|error| fault(&format!("authorization: {error}")))?,
    };
    let body: Transaction =
        serde_json::from_value(value).map_err(|error| fault(&error.to_string()))?;
    // Joining checks nothing; decoding checks every bound of the format.
    decode(SignedTransaction::new(body, authorization).bytes().clone())
}
