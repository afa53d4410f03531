# Shows the recipes.
default:
    @just --list

# Runs all tests, with private servers.
test *filters:
    tests/run {{filters}}

# Runs the tests whose name contains NAME.
case name:
    tests/run '{{name}}'

# Rewrites the goldens; read what changed.
bless *filters:
    MIGRATE_BLESS=1 tests/run {{filters}}

# Checks format and lints.
lint:
    cargo fmt --all --check && cargo clippy --all-targets -- -D warnings

# Checks the rules of the house.
tidy:
    cargo test --test all tidy

# Builds the documentation of the code.
doc:
    cargo doc --no-deps --document-private-items

# Measures speed and memory.
bench *arguments:
    tests/bench/run {{arguments}}

# Runs a command, or a shell, with the servers up.
servers *command='bash':
    tests/run --servers -- {{command}}

# Plays the example.
example:
    migrations-example/demo

# Checks advisories, licences and sources of all dependencies; needs cargo-deny and the network.
deny:
    cargo deny --config .config/deny.toml check

# Builds the program to ship.
release:
    cargo build --locked --release --bin migrate
