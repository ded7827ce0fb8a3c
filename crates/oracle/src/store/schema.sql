CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each file of a source was taken in. `cursor` and `stamp` are JSON.
CREATE TABLE file (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    cursor TEXT NOT NULL,
    stamp TEXT,
    PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;

-- Channels. `origin` is where one comes from: another origin is another channel. `state` is JSON.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (job, name)
) STRICT;

-- Intervals that count, in milliwatt-hours. Those that are sent go when the chain has them.
CREATE TABLE span (
    series INTEGER NOT NULL,
    start INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    before INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    PRIMARY KEY (series, start)
) STRICT, WITHOUT ROWID;

-- What was refused, with the reason: the first ones of each channel and code.
CREATE TABLE refusal (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    start INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    code TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;

CREATE TABLE tally (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- Transactions on their way: these bytes are sent, and sent again, and no others with the same content.
CREATE TABLE sending (
    hash BLOB PRIMARY KEY,
    place INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    valid_until INTEGER NOT NULL,
    content TEXT NOT NULL
) STRICT;

-- Batches that were sent and are not decided. `readings` is JSON.
CREATE TABLE batch (
    number INTEGER PRIMARY KEY,
    readings TEXT NOT NULL
) STRICT;

-- Batches that an oracle has seen and not reported about.
CREATE TABLE duty (
    batch INTEGER PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT;
