# The menu. `just` lists it.
default:
    @just --list

# One development network with an embedded default: http://127.0.0.1:8080
dev *args:
    cargo run --release -- dev {{args}}

# All tests, or those whose name contains a text: just test transfer
test *args:
    scripts/test {{args}}

# Everything CI runs
ci:
    .ci/run

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets --release -- -D warnings

# One simulation plan: just sim crashes 7
sim plan seed="1" *args:
    cargo run --release -p althing-sim -- --plan {{plan}} --seed {{seed}} {{args}}

# Four processes on loopback under load; kill -9 each twice; PASS or FAIL
chaos:
    scripts/chaos

# A validator's life by the command line on real processes; PASS or FAIL
stake:
    scripts/stake

# A launch: ceremony, genesis time, the first blocks; PASS or FAIL
rehearsal *args:
    scripts/rehearsal {{args}}

# Every fuzz target for some seconds
fuzz seconds="60":
    scripts/fuzz {{seconds}}
