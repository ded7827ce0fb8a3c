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
