# What a newcomer and CI run. Every target does its own set-up (.ci/setup); HANDBILL_SETUP=skip leaves the system alone.
SHELL := /bin/bash
# Rust may have been installed by .ci/setup a moment ago, and then is not on the PATH of this shell yet.
export PATH := $(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

.PHONY: demo test build lint setup help bench-image bench-engine

help: ## shows this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/'

setup: ## installs what the build and the tests need
	@.ci/setup

build: setup ## builds the release binary: target/release/handbill
	cargo build --release --locked --package handbill

demo: build ## makes the spring-tea campaign, without a key
	target/release/handbill create examples/spring-tea/brief.yaml --out campaigns/spring-tea --yes

test: setup ## runs all tests
	@if command -v cargo-nextest >/dev/null; then cargo nextest run --workspace --locked --no-fail-fast; \
	else cargo test --workspace --locked --no-fail-fast; fi

bench-image: setup ## reference work I beside sharp, Pillow, pyvips, Satori and Chromium; the last line is JSON
	@python3 tests/bench/image/run.py

lint: setup ## format, clippy, documentation, dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	.ci/licences

bench-engine: setup ## measures the engine beside BullMQ (needs Node); BENCH="--quick" does a part of it
	cargo bench --locked --package handbill-worker --bench engine -- $(BENCH)
