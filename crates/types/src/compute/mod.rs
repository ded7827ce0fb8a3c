//! What workers, their devices and their tasks are: the words that messages, events and records of
//! module `compute` share.

mod devices;
pub mod draw;
mod states;
mod work;

pub use devices::{
    DeviceId, DeviceKind, DriverDigest, Inventory, KnownDriver, KnownModel, KnownRate, Points,
    WhitelistChange,
};
pub use states::{Purpose, RefundReason, RejectReason, TaskState, Verdict, WorkerState};
pub use work::{
    Committee, Entry, Factors, Operands, Payment, Price, Prices, ProductKind, Shape,
    UNIT_MULTIPLICATIONS,
};
