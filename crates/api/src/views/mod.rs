//! The JSON forms of everything. Amounts are strings of base units, each with a `_display` twin
//! for people; hashes, keys and encodings are lowercase hex; times are milliseconds since the Unix
//! epoch.

mod account;
mod audit;
mod authorization;
mod block;
mod compute;
mod delegation;
mod device;
mod device_report;
mod economics;
mod energy;
mod fact;
mod governance;
mod history;
pub(crate) mod message;
mod network;
mod node;
mod parameters;
mod preferences;
mod proof;
mod randomness;
mod safety;
mod tally;
mod task;
mod task_parts;
mod task_words;
mod transaction;
mod treasury;
mod upgrade;
mod validator;
mod vote;
mod worker;

pub use account::{AccountView, NonceView, VestingView};
pub use audit::AuditView;
pub use authorization::AuthorizationJson;
pub use block::{BlockPage, BlockView, ForkList, HeaderView, MemberView, SyncRangeView};
pub use compute::{
    AwaitingView, CheckerList, CheckerView, ComputeSummary, CreditView, DriverList, DriverView,
    ModelList, ModelView, PriceList, PriceView, RateView, TaskCountView, VerifyingList, WeightPage,
    WorkerWeightView,
};
pub use delegation::{
    DelegationPage, DelegationView, DelegatorView, RewardPage, RewardView, UnbondingPage,
    UnbondingView,
};
pub use device::{DeviceView, InventoryView, MeasuredView, MissingLevelView, PointsView};
pub use device_report::DeviceReportView;
pub use economics::{EconomicsView, Money};
pub use energy::{
    BatchPage, BatchReadingView, BatchReportView, BatchView, CertificatePage, CertificateView,
    DisputeEndView, DisputeVoteView, EnergyCountsView, EnergyCreditPage, EnergyCreditView,
    EnergyDisputePage, EnergyDisputeView, EnergyRulesPage, EnergyRulesView, EnergySettlementView,
    EnergySumsView, EnergyView, FrozenView, GrantPage, GrantView, MarketView, MeterPage,
    MeterReadingPage, MeterReadingView, MeterValueView, MeterView, OfferView, OpenOrderPage,
    OpenOrderView, OracleCountersView, OraclePage, OracleReportPage, OracleReportView,
    OracleValueView, OracleView, OracleWeightView, OrderView, OwnerView, ProviderCountersView,
    ProviderPage, ProviderView, ReputationView, SalePage, SalePaymentView, SaleView, ScopesView,
    SlotPage, SlotView, TariffPage, TariffView, TraitView,
};
pub use fact::{FactPage, FactView};
pub use governance::{ProposalEventView, ProposalPage, ProposalView, RuleView, Timeline};
pub use history::{BeatView, StandingView, ValidatorEpochView, ValidatorHistory};
pub use network::{NetworkSpecPage, NetworkSpecView, RolloutHealthView, RolloutView};
pub use node::{
    Done, EvidenceList, FeeEstimate, GasRuleView, GasSchedule, Health, MempoolView, PeerList,
    Percentiles, Prices, SearchHit, SearchResult, StatusView, SupplyView, VersionView, WarningView,
};
pub use parameters::{
    ActionTrackView, CheckView, EffectView, ParameterChangeView, ParameterHistory, ParameterList,
    ParameterView, TrackView, TracksView,
};
pub use preferences::PreferencesView;
pub use proof::{
    AccountBundle, CertifiedView, EpochView, FinalityView, RecordBundle, SharedFinality,
    TransactionBundle,
};
pub use randomness::RandomnessView;
pub use safety::{CallView, ChangeView, OverrideView, PeriodView, SafetyLimitsView, SafetyView};
pub use tally::{HeadTally, StakeTally, TallyView, TurnoutView};
pub use task::{
    AttemptPage, AttemptView, TaskEventList, TaskEventView, TaskPage, TaskRowView, TaskTimes,
    TaskView,
};
pub use task_parts::{
    AssignmentView, CheckStateView, CommitteeMemberView, DeviceIdView, FactorsView, ResultView,
    SettlementView, ShapeView, VerdictView,
};
pub use transaction::{
    BatchAnswer, BatchRejection, Reason, ReceiptPage, ReceiptView, SimulationView, TransactionPage,
    TransactionStatusView, TransactionView,
};

pub use treasury::{
    DisbursementErrorView, DisbursementPage, DisbursementStateView, DisbursementView,
    EpochIncomeView, IncomeView, PaymentView, SnapshotPayment, SnapshotStep, SnapshotView,
    StepView, TreasurySummary, UnsignedView,
};
pub use upgrade::{
    FailedUpgradeView, NodeReadiness, ReadinessView, ReleaseView, UpgradePlanView, UpgradeView,
};
pub use validator::{
    AnnouncementView, DueView, HealthView, NodeView, ValidatorPage, ValidatorView, VotesView,
};
pub use worker::{ClaimView, CountersView, ReadingList, ReadingView, WorkerPage, WorkerView};

pub use vote::{BallotView, VotePage, VoteView, WeightView};

pub(crate) use compute::{Sums, WorkGas};
pub(crate) use delegation::Names;
pub(crate) use device::KnownDevice;
pub(crate) use energy::{
    EnergyMoment, KnownBatch, KnownCertificate, KnownDispute, KnownMarket, KnownProvider,
    oracle_weight,
};
pub(crate) use governance::houses_of;
pub(crate) use parameters::value_text;
pub(crate) use task::KnownTask;
pub(crate) use transaction::concerns;
pub(crate) use treasury::now;
pub(crate) use validator::Standing;
pub(crate) use worker::{KnownWorker, part_of};

use crate::config::Rules;
use althing_types::{Amount, Hash};

/// How amounts and codes are written.
#[derive(Clone, Copy)]
pub(crate) struct Show<'a> {
    pub(crate) symbol: &'a str,
    pub(crate) rules: &'a Rules,
}

impl Show<'_> {
    /// `12.5 CPC`.
    pub(crate) fn amount(&self, amount: Amount) -> String {
        format!("{} {}", amount.to_tokens(), self.symbol)
    }
}

pub(crate) fn hex_of(hash: &Hash) -> String {
    hex::encode(hash.as_ref())
}
