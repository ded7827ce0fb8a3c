-- The read model. It holds positions only: bodies and receipts stay in the node's archives.
-- A position is height * 65536 + index in the block.

CREATE TABLE block (
    height       INTEGER PRIMARY KEY,
    hash         BLOB    NOT NULL,
    time_ms      INTEGER NOT NULL,
    transactions INTEGER NOT NULL
);
CREATE INDEX block_hash ON block (hash);
CREATE INDEX block_with_transactions ON block (height) WHERE transactions > 0;

CREATE TABLE tx (
    hash     BLOB    PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE account_tx (
    address  BLOB    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (address, position)
) WITHOUT ROWID;

-- Sums of each minute of block time.
CREATE TABLE minute (
    minute       INTEGER PRIMARY KEY,
    blocks       INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    failed       INTEGER NOT NULL,
    gas_used     INTEGER NOT NULL
);

-- Sums of each message type.
CREATE TABLE kind (
    name         TEXT    PRIMARY KEY,
    transactions INTEGER NOT NULL,
    failed       INTEGER NOT NULL
) WITHOUT ROWID;

-- Stake. Amounts and shares are 16 bytes, big endian, because they do not fit an integer. `seq` is
-- the place of an event in its receipt; the receipt of a block has the index behind its last
-- transaction.

-- Who may propose in an epoch, in the order of keys.
CREATE TABLE member (
    epoch     INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    validator BLOB    NOT NULL,
    PRIMARY KEY (epoch, place)
) WITHOUT ROWID;

-- Where the receipt of the last block of an epoch is.
CREATE TABLE epoch_end (
    epoch    INTEGER PRIMARY KEY,
    position INTEGER NOT NULL
);

-- What an epoch was to a validator. `position` to `shares` are null until it is paid.
CREATE TABLE validator_epoch (
    validator  BLOB    NOT NULL,
    epoch      INTEGER NOT NULL,
    made       INTEGER NOT NULL DEFAULT 0,
    missed     INTEGER NOT NULL DEFAULT 0,
    nominal    BLOB,
    pending    BLOB,
    position   INTEGER,
    seq        INTEGER,
    reward     BLOB,
    commission BLOB,
    tokens     BLOB,
    shares     BLOB,
    PRIMARY KEY (validator, epoch)
) WITHOUT ROWID;

-- What happened to a validator, apart from money that came and went.
CREATE TABLE validator_event (
    validator BLOB    NOT NULL,
    position  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    time_ms   INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    reason    TEXT,
    ppm       INTEGER,
    amount    BLOB,
    PRIMARY KEY (validator, position, seq)
) WITHOUT ROWID;
CREATE INDEX former_validator ON validator_event (validator)
    WHERE kind IN ('ejected', 'validator-leaving');

CREATE TABLE operator (
    validator BLOB PRIMARY KEY,
    operator  BLOB NOT NULL
) WITHOUT ROWID;

-- Money that came to and went from a delegation. What leaves has `sign` -1. `nominal` is what the
-- amount counts beside others of the same epoch that a slash has touched.
CREATE TABLE delegation_change (
    delegator BLOB    NOT NULL,
    validator BLOB    NOT NULL,
    position  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    sign      INTEGER NOT NULL,
    amount    BLOB    NOT NULL,
    nominal   BLOB    NOT NULL,
    PRIMARY KEY (delegator, validator, position, seq)
) WITHOUT ROWID;

-- Who has ever delegated to a validator. What is left of it is in the state.
CREATE TABLE delegation (
    validator BLOB    NOT NULL,
    delegator BLOB    NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (validator, delegator)
) WITHOUT ROWID;

CREATE TABLE unbonding (
    entry         INTEGER PRIMARY KEY,
    delegator     BLOB    NOT NULL,
    validator     BLOB    NOT NULL,
    amount        BLOB    NOT NULL,
    penalty       BLOB    NOT NULL,
    position      INTEGER NOT NULL,
    due_height    INTEGER NOT NULL,
    due_time_ms   INTEGER NOT NULL,
    paid_position INTEGER,
    paid          BLOB,
    slashed       BLOB
);
CREATE INDEX unbonding_of ON unbonding (delegator, entry);

-- The last heartbeats of each node.
CREATE TABLE heartbeat (
    validator     BLOB    NOT NULL,
    position      INTEGER NOT NULL,
    time_ms       INTEGER NOT NULL,
    height        INTEGER NOT NULL,
    peers         INTEGER NOT NULL,
    mempool       INTEGER NOT NULL,
    memory_mib    INTEGER NOT NULL,
    free_disk_mib INTEGER NOT NULL,
    uptime_s      INTEGER NOT NULL,
    spec          INTEGER NOT NULL,
    protocol      TEXT    NOT NULL,
    PRIMARY KEY (validator, position)
) WITHOUT ROWID;

-- Governance. Weights and sums are 16 bytes, big endian; a ballot is the encoding of the chain.

-- What was proposed, and where it is in its life. `kind` is the name of its action, or empty if the
-- chain proposed it by itself.
CREATE TABLE proposal (
    number      INTEGER PRIMARY KEY,
    proposer    BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    criticality TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    submitted   INTEGER NOT NULL,
    opened      INTEGER,
    closed      INTEGER,
    ended       INTEGER
);

-- Where the events of a proposal and of its disbursement are, but for votes.
CREATE TABLE proposal_event (
    proposal INTEGER NOT NULL,
    position INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (proposal, position, seq)
) WITHOUT ROWID;

-- The last vote of each voter. `validator` is empty where it is that of the voter's own stake; then
-- `holder` is the voter, else the validator.
CREATE TABLE vote (
    proposal  INTEGER NOT NULL,
    holder    BLOB    NOT NULL,
    voter     BLOB    NOT NULL,
    validator BLOB,
    ballot    BLOB    NOT NULL,
    weight    BLOB    NOT NULL,
    position  INTEGER NOT NULL,
    time_ms   INTEGER NOT NULL,
    PRIMARY KEY (proposal, holder)
) WITHOUT ROWID;
CREATE INDEX vote_time ON vote (proposal, position);

-- Parameters that changed. A change is the encoding of the chain.
CREATE TABLE parameter_change (
    number   INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL,
    height   INTEGER NOT NULL,
    time_ms  INTEGER NOT NULL,
    proposal INTEGER NOT NULL,
    change   BLOB    NOT NULL
);
CREATE INDEX parameter_change_of ON parameter_change (name, number);

-- Money that is to leave the treasury. Times are null until they come.
CREATE TABLE disbursement (
    number      INTEGER PRIMARY KEY,
    state       TEXT    NOT NULL,
    total       BLOB    NOT NULL,
    queued_ms   INTEGER,
    executed_ms INTEGER
);

-- What happened to the safety override, to the rules of the chain and to the network, and what the
-- treasury earned: `topic` is `safety`, `upgrade`, `network` or `income`. An event is the encoding of
-- the chain.
CREATE TABLE fact (
    number  INTEGER PRIMARY KEY,
    topic   TEXT    NOT NULL,
    height  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    event   BLOB    NOT NULL
);
CREATE INDEX fact_of ON fact (topic, number);
-- Compute. Amounts and weights are 16 bytes, big endian; a shape and factors are the encoding of the
-- Compute. Amounts and weights are 16 bytes, big endian; a shape, operands and factors are the encoding of the
-- chain; states, purposes and reasons are the names of the chain.

-- Every task that there ever was. What is null has not happened. Worker, device, root and digest are
-- those of the last attempt; `round` is the committee that checks it.
CREATE TABLE task (
    number        INTEGER PRIMARY KEY,
    purpose       TEXT    NOT NULL,
    requester     BLOB,
    shape         BLOB    NOT NULL,
    count         INTEGER NOT NULL,
    price         BLOB    NOT NULL,
    state         TEXT    NOT NULL,
    attempt       INTEGER NOT NULL,
    worker        BLOB,
    device        INTEGER,
    root          BLOB,
    digest        BLOB,
    round         INTEGER NOT NULL,
    reason        TEXT,
    refund        TEXT,
    prover        BLOB,
    created       INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL,
    assigned_ms   INTEGER,
    committed_ms  INTEGER,
    challenged_ms INTEGER,
    accepted_ms   INTEGER,
    ended         INTEGER,
    ended_ms      INTEGER,
    operands      BLOB    NOT NULL,
    source        TEXT    NOT NULL
);
CREATE INDEX task_state ON task (state, number);
CREATE INDEX task_requester ON task (requester, number) WHERE requester IS NOT NULL;

-- Who had a task. `outcome` is the state of the task for this worker, or why it lost it.
CREATE TABLE attempt (
    worker  BLOB    NOT NULL,
    task    INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    device  INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    PRIMARY KEY (worker, task, attempt)
) WITHOUT ROWID;
CREATE INDEX attempt_of ON attempt (task, attempt);

-- Where the events of a task are.
CREATE TABLE task_event (
    task     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (task, position, seq)
) WITHOUT ROWID;

-- What members of committees found.
CREATE TABLE verdict (
    task       INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    round      INTEGER NOT NULL,
    validator  BLOB    NOT NULL,
    verdict    TEXT    NOT NULL,
    transcript BLOB    NOT NULL,
    height     INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    PRIMARY KEY (task, attempt, round, validator)
) WITHOUT ROWID;

-- Results that were paid or credited. `factors` is null where nothing was credited.
CREATE TABLE settlement (
    epoch      INTEGER NOT NULL,
    task       INTEGER NOT NULL,
    worker     BLOB    NOT NULL,
    height     INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    worker_got BLOB    NOT NULL,
    checkers   BLOB    NOT NULL,
    burned     BLOB    NOT NULL,
    factors    BLOB,
    credit     BLOB    NOT NULL,
    PRIMARY KEY (epoch, task)
) WITHOUT ROWID;
CREATE UNIQUE INDEX settlement_of ON settlement (task);

-- Every account that ever was a worker.
CREATE TABLE worker (
    address    BLOB    PRIMARY KEY,
    state      TEXT    NOT NULL,
    stake      BLOB    NOT NULL,
    registered INTEGER NOT NULL,
    version    TEXT    NOT NULL,
    heard_ms   INTEGER
) WITHOUT ROWID;
CREATE INDEX worker_state ON worker (state, address);

-- How each device was scored, every time. A device that was removed has no kind.
CREATE TABLE device_reading (
    worker      BLOB    NOT NULL,
    device      INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    time_ms     INTEGER NOT NULL,
    kind        TEXT,
    points      BLOB,
    performance INTEGER NOT NULL,
    tier        INTEGER NOT NULL,
    flagged     INTEGER NOT NULL,
    PRIMARY KEY (worker, device, position, seq)
) WITHOUT ROWID;


-- Energy. Amounts are 16 bytes, big endian; zones, states and reasons are the texts of the chain. Energy
-- in Wh, and other numbers that fill 64 bits, are integers of the same bits (negative ones are large):
-- nothing is compared with them.

-- Every account that ever was a provider; `left` when its stake was paid. `tariff` is 1 if it has
-- posted one that it did not end.
CREATE TABLE energy_provider (
    address BLOB    PRIMARY KEY,
    zone    TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    tariff  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX energy_provider_state ON energy_provider (state, address);
CREATE INDEX energy_provider_zone ON energy_provider (zone, address);
CREATE INDEX energy_provider_tariff ON energy_provider (address) WHERE tariff = 1;

CREATE TABLE energy_meter (
    id       INTEGER PRIMARY KEY,
    meter    BLOB    NOT NULL UNIQUE,
    provider BLOB    NOT NULL
);
CREATE INDEX energy_meter_of ON energy_meter (provider, meter);

-- Every batch of readings that there ever was: how many of them are where, and what they say.
CREATE TABLE energy_batch (
    number      INTEGER PRIMARY KEY,
    provider    BLOB    NOT NULL,
    height      INTEGER NOT NULL,
    time_ms     INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    wh          INTEGER NOT NULL,
    attested_wh INTEGER NOT NULL,
    undecided   INTEGER NOT NULL,
    attested    INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    expired     INTEGER NOT NULL,
    disproved   INTEGER NOT NULL,
    closed      INTEGER
);
CREATE INDEX energy_batch_of ON energy_batch (provider, number);
CREATE INDEX energy_batch_open ON energy_batch (number) WHERE closed IS NULL;
CREATE INDEX energy_batch_undecided ON energy_batch (number) WHERE undecided > 0;

-- Every reading. `id` is batch * 64 + place, `meter` the id of a row, `outcome` the byte of the chain,
-- null while it is not decided.
CREATE TABLE energy_reading (
    id        INTEGER PRIMARY KEY,
    meter     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    start     INTEGER NOT NULL,
    seconds   INTEGER NOT NULL,
    wh        INTEGER NOT NULL,
    total_wh  INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    outcome   INTEGER
);
CREATE INDEX energy_reading_of ON energy_reading (meter, id);

-- Hours since 1970 in which something was attested: where energy can be on sale.
CREATE TABLE energy_hour (
    provider BLOB    NOT NULL,
    hour     INTEGER NOT NULL,
    zone     TEXT    NOT NULL,
    PRIMARY KEY (provider, hour, zone)
) WITHOUT ROWID;
CREATE INDEX energy_hour_zone ON energy_hour (zone, hour, provider);

-- Every account that ever staked for an oracle; `present` is 0 once its stake was paid.
CREATE TABLE energy_oracle (
    address BLOB    PRIMARY KEY,
    present INTEGER NOT NULL
) WITHOUT ROWID;

-- What oracles found. Bit n of `agree` and `contradict` is about reading n.
CREATE TABLE energy_report (
    oracle     BLOB    NOT NULL,
    batch      INTEGER NOT NULL,
    agree      INTEGER NOT NULL,
    contradict INTEGER NOT NULL,
    late       INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    PRIMARY KEY (oracle, batch)
) WITHOUT ROWID;
CREATE INDEX energy_report_of ON energy_report (batch, oracle);

-- Offers and orders that are open. `price` is the least one of an offer, the highest one of an order.
CREATE TABLE energy_order (
    number  INTEGER PRIMARY KEY,
    account BLOB    NOT NULL,
    offer   INTEGER NOT NULL,
    zone    TEXT    NOT NULL,
    slot    INTEGER NOT NULL,
    wh      INTEGER NOT NULL,
    price   BLOB    NOT NULL
);
CREATE INDEX energy_order_of ON energy_order (account, number);
CREATE INDEX energy_order_book ON energy_order (zone, slot);

-- Slots that were cleared, in the order in which they were.
CREATE TABLE energy_slot (
    number  INTEGER PRIMARY KEY,
    zone    TEXT    NOT NULL,
    slot    INTEGER NOT NULL,
    price   BLOB    NOT NULL,
    wh      INTEGER NOT NULL,
    paid    BLOB    NOT NULL,
    refunds BLOB    NOT NULL,
    sales   INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL
);
CREATE INDEX energy_slot_zone ON energy_slot (zone, number);
CREATE INDEX energy_slot_of ON energy_slot (zone, slot, number);

-- Every sale, with its certificate of origin: `held`, `retired`, or `revoked` if nothing is left of it.
-- The last four are null until the provider is paid.
CREATE TABLE energy_sale (
    number     INTEGER PRIMARY KEY,
    state      TEXT    NOT NULL,
    owner      BLOB    NOT NULL,
    buyer      BLOB    NOT NULL,
    provider   BLOB    NOT NULL,
    zone       TEXT    NOT NULL,
    slot       INTEGER NOT NULL,
    wh         INTEGER NOT NULL,
    price      BLOB    NOT NULL,
    paid       BLOB    NOT NULL,
    sold       INTEGER NOT NULL,
    sold_ms    INTEGER NOT NULL,
    revoked_wh INTEGER NOT NULL,
    refund     BLOB    NOT NULL,
    retired    INTEGER,
    amount     BLOB,
    fee        BLOB,
    settled    INTEGER,
    settled_ms INTEGER
);
CREATE INDEX energy_sale_state ON energy_sale (state, number);
CREATE INDEX energy_sale_owner ON energy_sale (owner, number);
CREATE INDEX energy_sale_buyer ON energy_sale (buyer, number);
CREATE INDEX energy_sale_provider ON energy_sale (provider, number);

-- Who had a certificate since when.
CREATE TABLE energy_owner (
    certificate INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    owner       BLOB    NOT NULL,
    height      INTEGER NOT NULL,
    time_ms     INTEGER NOT NULL,
    PRIMARY KEY (certificate, position, seq)
) WITHOUT ROWID;

-- Every dispute: `open`, or how it ended. The last four are null until then.
CREATE TABLE energy_dispute (
    number     INTEGER PRIMARY KEY,
    state      TEXT    NOT NULL,
    opener     BLOB    NOT NULL,
    subject    BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    evidence   BLOB    NOT NULL,
    provider   BLOB,
    opened     INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    uphold     INTEGER NOT NULL,
    dismiss    INTEGER NOT NULL,
    revoked_wh INTEGER,
    reward     BLOB,
    ended      INTEGER,
    ended_ms   INTEGER
);
CREATE INDEX energy_dispute_state ON energy_dispute (state, number);
CREATE INDEX energy_dispute_provider ON energy_dispute (provider, number);

CREATE TABLE energy_vote (
    dispute INTEGER NOT NULL,
    oracle  BLOB    NOT NULL,
    uphold  INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (dispute, oracle)
) WITHOUT ROWID;

-- To whom an account, or the chain, has granted something that was not taken back.
CREATE TABLE energy_grant (
    grantor BLOB NOT NULL,
    account BLOB NOT NULL,
    PRIMARY KEY (grantor, account)
) WITHOUT ROWID;
