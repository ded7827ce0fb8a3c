//! The HTTP face of a node: REST and an event stream under `/v1`, an OpenAPI document generated
//! from the handlers, Prometheus metrics and an explorer page.
//!
//! The node is behind [`backend::Backend`], so this crate knows nothing of consensus or storage.
//! A request passes `guard` (panics, rate, concurrency, time), then a handler in `routes`, whose
//! answer is a type of `views`; every failure is an [`error::ApiError`].

pub mod backend;
pub mod bodies;
mod canonical;
pub mod config;
pub mod economics;
pub mod error;
mod extract;
mod guard;
mod metrics;
mod parse;
mod rate;
mod records;
mod routes;
mod schemas;
mod serve;
mod sse;
mod state;
pub mod views;

pub use backend::Backend;
pub use config::{ApiConfig, GasRule, Quota, Rules};
pub use error::{ApiError, ErrorCode};
pub use routes::openapi;
pub use serve::serve;

use axum::{Router, middleware};
use std::sync::Arc;

/// The whole API as an axum router.
pub fn router(backend: Arc<dyn Backend>, config: ApiConfig) -> Router {
    let app = Arc::new(state::App::new(backend, config));
    let cors = guard::cors(&app.config);
    routes::all()
        .with_state(Arc::clone(&app))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::protect))
        .layer(cors)
        .layer(middleware::from_fn_with_state(app, guard::observe))
}
