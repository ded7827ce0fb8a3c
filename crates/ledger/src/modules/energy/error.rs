use crate::{codes, error::Failure};

/// Rules of energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnergyError {
    /// The account is a provider already.
    ProviderExists,
    /// The account is no provider.
    UnknownProvider,
    /// The provider leaves or is suspended.
    ProviderNotActive,
    /// Less than the least stake.
    StakeTooLow,
    /// The meters can measure more than the capacity.
    CapacityTooLow,
    /// The meter is not known, or another provider's.
    MeterMismatch,
    /// The key serves a meter, or has served one.
    MeterExists,
    /// The key of the meter was revoked.
    MeterRevoked,
    /// As many meters as a provider may have.
    TooManyMeters,
    /// A key needs the consent of the old one, or the cool-down.
    KeyCooldown,
    /// The signature of a meter does not match.
    SignatureInvalid,
    /// Signed too early or too late.
    TimestampSkew,
    /// The sequence was used.
    ReadingReplayed,
    /// The sequence leaves a gap.
    ReadingGap,
    /// The count does not go on where it was.
    CounterMismatch,
    /// The interval is empty, too long or in the future.
    IntervalInvalid,
    /// The interval begins before the last one ended.
    IntervalOverlap,
    /// More than the meter can measure.
    CapacityExceeded,
    /// The interval is too long ago.
    ReadingTooOld,
    /// Too many readings are undecided.
    TooManyPending,
    /// No oracle has a weight.
    NoOracles,
    /// The oracle leaves.
    OracleLeaving,
    /// The account is no oracle.
    UnknownOracle,
    /// The oracle has no weight here.
    NotAdmitted,
    /// None of the reports counts.
    NoReportCounts,
    /// The mode of settlement is the other one.
    WrongMode,
    /// No slot begins then, or it is too far ahead.
    SlotInvalid,
    /// The slot is cleared or about to be.
    SlotClosed,
    /// Less than the least trade.
    TradeTooSmall,
    /// As many offers, orders or unpaid sales as there may be.
    BookFull,
    /// There is no such offer or order.
    UnknownOrder,
    /// Another account's.
    NotOrderOwner,
    /// The provider sells nothing at once.
    NoTariff,
    /// The tariff is above the highest price.
    PriceTooHigh,
    /// None of the energy is left.
    NothingForSale,
    /// There is no such certificate.
    UnknownCertificate,
    /// Another account has it.
    NotCertificateOwner,
    /// It was used up.
    CertificateRetired,
    /// A dispute holds it back.
    SettlementConflict,
    /// Oracles did not attest the reading.
    QuorumFailed,
    /// There is no such dispute.
    UnknownDispute,
    /// It is over.
    NotDisputable,
    /// The oracle has voted.
    AlreadyVoted,
    /// The sender may not.
    ScopeMissing,
    /// Too many messages in the window.
    RateLimited,
    /// The sender cannot grant this role.
    RoleInvalid,
    /// Rules outside their bounds.
    SettlementBounds,
    /// As many oracles as there may be.
    OracleLimit,
    /// A product does not fit.
    Overflow,
}

impl From<EnergyError> for Failure {
    fn from(error: EnergyError) -> Self {
        Self::Rule(match error {
            EnergyError::ProviderExists => codes::PROVIDER_EXISTS,
            EnergyError::UnknownProvider => codes::UNKNOWN_PROVIDER,
            EnergyError::ProviderNotActive => codes::PROVIDER_NOT_ACTIVE,
            EnergyError::StakeTooLow => codes::ENERGY_STAKE_TOO_LOW,
            EnergyError::CapacityTooLow => codes::ENERGY_CAPACITY,
            EnergyError::MeterMismatch => codes::METER_MISMATCH,
            EnergyError::MeterExists => codes::METER_EXISTS,
            EnergyError::MeterRevoked => codes::METER_REVOKED,
            EnergyError::TooManyMeters => codes::TOO_MANY_METERS,
            EnergyError::KeyCooldown => codes::KEY_COOLDOWN,
            EnergyError::SignatureInvalid => codes::SIGNATURE_INVALID,
            EnergyError::TimestampSkew => codes::TIMESTAMP_SKEW,
            EnergyError::ReadingReplayed => codes::READING_REPLAYED,
            EnergyError::ReadingGap => codes::READING_GAP,
            EnergyError::CounterMismatch => codes::COUNTER_MISMATCH,
            EnergyError::IntervalInvalid => codes::INTERVAL_INVALID,
            EnergyError::IntervalOverlap => codes::INTERVAL_OVERLAP,
            EnergyError::CapacityExceeded => codes::CAPACITY_EXCEEDED,
            EnergyError::ReadingTooOld => codes::READING_TOO_OLD,
            EnergyError::TooManyPending => codes::TOO_MANY_PENDING,
            EnergyError::NoOracles => codes::NO_ORACLES,
            EnergyError::OracleLeaving => codes::ORACLE_LEAVING,
            EnergyError::UnknownOracle => codes::UNKNOWN_ORACLE,
            EnergyError::NotAdmitted => codes::ORACLE_NOT_ADMITTED,
            EnergyError::NoReportCounts => codes::NO_REPORT_COUNTS,
            EnergyError::WrongMode => codes::WRONG_SETTLEMENT_MODE,
            EnergyError::SlotInvalid => codes::SLOT_INVALID,
            EnergyError::SlotClosed => codes::SLOT_CLOSED,
            EnergyError::TradeTooSmall => codes::TRADE_TOO_SMALL,
            EnergyError::BookFull => codes::ENERGY_BOOK_FULL,
            EnergyError::UnknownOrder => codes::UNKNOWN_ENERGY_ORDER,
            EnergyError::NotOrderOwner => codes::NOT_ENERGY_ORDER_OWNER,
            EnergyError::NoTariff => codes::NO_TARIFF,
            EnergyError::PriceTooHigh => codes::ENERGY_PRICE_TOO_HIGH,
            EnergyError::NothingForSale => codes::NOTHING_FOR_SALE,
            EnergyError::UnknownCertificate => codes::UNKNOWN_CERTIFICATE,
            EnergyError::NotCertificateOwner => codes::NOT_CERTIFICATE_OWNER,
            EnergyError::CertificateRetired => codes::CERTIFICATE_RETIRED,
            EnergyError::SettlementConflict => codes::SETTLEMENT_CONFLICT,
            EnergyError::QuorumFailed => codes::QUORUM_FAILED,
            EnergyError::UnknownDispute => codes::UNKNOWN_DISPUTE,
            EnergyError::NotDisputable => codes::DISPUTE_TOO_LATE,
            EnergyError::AlreadyVoted => codes::DISPUTE_VOTED,
            EnergyError::ScopeMissing => codes::SCOPE_MISSING,
            EnergyError::RateLimited => codes::RATE_LIMITED,
            EnergyError::RoleInvalid => codes::ROLE_INVALID,
            EnergyError::SettlementBounds => codes::SETTLEMENT_BOUNDS,
            EnergyError::OracleLimit => codes::ORACLE_LIMIT,
            EnergyError::Overflow => codes::ENERGY_OVERFLOW,
        })
    }
}
