//! Every failure of the API: `{code, message, detail}` with a stable code and its HTTP status.

use crate::backend::Rejection;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $status:ident;)+) => {
        /// A stable, machine-readable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ErrorCode {
            /// Every code of this crate.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as clients see it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }
        }
    };
}

codes! {
    /// A part of the path or the query is malformed or out of range.
    InvalidParameter = "invalid_parameter", BAD_REQUEST;
    /// The body is not the JSON that this route expects.
    InvalidJson = "invalid_json", BAD_REQUEST;
    /// The body could not be read to its end.
    InvalidBody = "invalid_body", BAD_REQUEST;
    /// The bytes are no transaction.
    InvalidTransaction = "invalid_transaction", BAD_REQUEST;
    /// The bytes are no list of transactions.
    InvalidBatch = "invalid_batch", BAD_REQUEST;
    /// Peer commands are switched off, or the caller is neither on this machine nor has the token.
    AdminForbidden = "admin_forbidden", FORBIDDEN;
    /// No such path.
    RouteNotFound = "route_not_found", NOT_FOUND;
    /// No such block here.
    BlockNotFound = "block_not_found", NOT_FOUND;
    /// No such transaction in a block.
    TransactionNotFound = "transaction_not_found", NOT_FOUND;
    /// No such validator in the present epoch.
    ValidatorNotFound = "validator_not_found", NOT_FOUND;
    /// The epoch is unknown.
    EpochNotFound = "epoch_not_found", NOT_FOUND;
    /// No such proposal.
    ProposalNotFound = "proposal_not_found", NOT_FOUND;
    /// No such vote: nobody has voted so on this proposal.
    VoteNotFound = "vote_not_found", NOT_FOUND;
    /// No such parameter.
    ParameterNotFound = "parameter_not_found", NOT_FOUND;
    /// No such disbursement.
    DisbursementNotFound = "disbursement_not_found", NOT_FOUND;
    /// No such version of the network's configuration.
    SpecNotFound = "spec_not_found", NOT_FOUND;
    /// No randomness of this height is kept.
    RandomnessNotFound = "randomness_not_found", NOT_FOUND;
    /// No such task.
    TaskNotFound = "task_not_found", NOT_FOUND;
    /// No such worker: this account never was one.
    WorkerNotFound = "worker_not_found", NOT_FOUND;
    /// No such provider of energy: this account is none, or has left.
    ProviderNotFound = "provider_not_found", NOT_FOUND;
    /// No such meter: nobody has registered it.
    MeterNotFound = "meter_not_found", NOT_FOUND;
    /// No such batch of readings.
    BatchNotFound = "batch_not_found", NOT_FOUND;
    /// No such oracle: this account is none, or has left.
    OracleNotFound = "oracle_not_found", NOT_FOUND;
    /// No such certificate of origin.
    CertificateNotFound = "certificate_not_found", NOT_FOUND;
    /// No such dispute about energy.
    EnergyDisputeNotFound = "energy_dispute_not_found", NOT_FOUND;
    /// No such JSON Schema.
    SchemaNotFound = "schema_not_found", NOT_FOUND;
    /// There is no proof of this yet, or not any more.
    ProofUnavailable = "proof_unavailable", NOT_FOUND;
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED;
    /// The transaction is not in a finalized block yet.
    NotFinalized = "not_finalized", CONFLICT;
    /// The last value of a meter or an oracle is too old to be trusted.
    StaleValue = "stale_value", CONFLICT;
    /// The disbursement is in another state of its life.
    WrongState = "wrong_state", CONFLICT;
    /// The body is larger than this route allows.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE;
    /// The content type is none that this route reads.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE;
    /// Too many requests from this address.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS;
    /// A handler failed; a fault of the node.
    Internal = "internal", INTERNAL_SERVER_ERROR;
    /// This node keeps no index.
    IndexDisabled = "index_disabled", SERVICE_UNAVAILABLE;
    /// Too many requests are being served.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE;
    /// Too many event streams are open.
    TooManySubscribers = "too_many_subscribers", SERVICE_UNAVAILABLE;
    /// A readiness check fails.
    NotReady = "not_ready", SERVICE_UNAVAILABLE;
    /// The request took too long.
    Timeout = "timeout", GATEWAY_TIMEOUT;
}

/// Seconds that `overloaded` and the like ask the client to wait.
const RETRY_SECONDS: u64 = 1;

/// The body of every failure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Stable code; see the table in the API guide.
    #[schema(example = "invalid_parameter")]
    pub code: String,
    /// A sentence that says what is wrong and how to mend it.
    pub message: String,
    /// Facts about this failure, or `null`.
    pub detail: Value,
}

/// A failure on its way to the client.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: String,
    message: String,
    detail: Value,
    retry_after: Option<u64>,
}

impl ApiError {
    /// A failure with a sentence for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let retry_after = matches!(
            code,
            ErrorCode::Overloaded | ErrorCode::TooManySubscribers | ErrorCode::NotReady
        );
        Self {
            status: code.status(),
            code: code.name().to_owned(),
            message: message.into(),
            detail: Value::Null,
            retry_after: retry_after.then_some(RETRY_SECONDS),
        }
    }

    /// Adds facts.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Says when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// A malformed parameter, with its name in the detail.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameter, message).detail(json!({ "parameter": name }))
    }

    /// A refusal by the node. The code is the node's.
    pub fn rejected(rejection: Rejection) -> Self {
        Self {
            status: rejection_status(&rejection.code),
            code: rejection.code,
            message: rejection.message,
            detail: Value::Null,
            retry_after: None,
        }
    }

    /// A transaction that would fail by a rule of the chain. The code is that of its receipt.
    pub fn would_fail(code: &str, message: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: code.to_owned(),
            message: message.to_owned(),
            detail: Value::Null,
            retry_after: None,
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }
}

/// Rejections of transactions and of the faucet whose status is not 422.
pub const REJECTION_STATUS: &[(&str, StatusCode)] = &[
    ("already_pending", StatusCode::CONFLICT),
    ("already_included", StatusCode::CONFLICT),
    ("nonce_too_low", StatusCode::CONFLICT),
    ("faucet_disabled", StatusCode::NOT_FOUND),
    ("faucet_cooldown", StatusCode::TOO_MANY_REQUESTS),
    ("unknown_peer", StatusCode::NOT_FOUND),
    ("sender_full", StatusCode::TOO_MANY_REQUESTS),
    ("too_many_gapped", StatusCode::TOO_MANY_REQUESTS),
    ("too_many_waiting", StatusCode::TOO_MANY_REQUESTS),
    ("pool_full", StatusCode::SERVICE_UNAVAILABLE),
    ("not_ready", StatusCode::SERVICE_UNAVAILABLE),
    ("stopping", StatusCode::SERVICE_UNAVAILABLE),
    ("engine_stopped", StatusCode::SERVICE_UNAVAILABLE),
    ("chain_not_started", StatusCode::SERVICE_UNAVAILABLE),
];

fn rejection_status(code: &str) -> StatusCode {
    REJECTION_STATUS
        .iter()
        .find(|(name, _)| *name == code)
        .map_or(StatusCode::UNPROCESSABLE_ENTITY, |(_, status)| *status)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { code: self.code, message: self.message, detail: self.detail };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
