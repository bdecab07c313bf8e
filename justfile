# `just` lists the recipes. What each check runs stands in .ci/run, which needs no just.

_:
    @just --list --unsorted

# Build the program
build:
    cargo build --locked --release

# Check the formatting
format:
    .ci/run format

# Check the lints
lint:
    .ci/run lint

# Build the documentation of the crate
docs:
    .ci/run docs

# Run the tests, or those whose name contains NAME
test NAME="":
    {{ if NAME == "" { ".ci/run tests" } else { "cargo test --locked --release --all-features " + NAME } }}

# Run the shipped experiments, shortened, and hold them against the baseline
experiments:
    .ci/run experiments

# Run every check
check:
    .ci/run

# Write docs/spec.md, the schema and what README.md and the pages of docs/ show anew
generate:
    UPDATE_DOCS=1 cargo test --locked --release --all-features --test reference --test documented

# Measure each kernel
bench:
    cargo bench --bench kernels

# Build the wheel into dist/ and try it where there is no Rust
wheel:
    .ci/wheel

# Run the gate as an action, in a workflow, with the wheel in dist/
action:
    .ci/action

# Make all of a release that this machine can: nothing leaves it
release-dry-run:
    .ci/release dry-run
