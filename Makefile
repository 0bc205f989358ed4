# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Set-up happens by itself and only once; it goes on where it was interrupted.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-long test-web3-7 fuzz mutation replay-all lint format set-up engine bench bench-setup clean

# maturin and the compilers are looked up on PATH when the engine is built.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PYTHON_STAMP := .venv/.python-is-ready
ENGINE_STAMP := .venv/.engine-is-ready
ENGINE_SOURCES := .cargo/config.toml $(shell find evm -name target -prune -o -type f \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.lock' -o -name '*.pyi' \) -print 2>/dev/null)

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up  ## replay Black Thursday in three variants and say where the report is
	@scripts/demo

test: set-up  ## the quick tests (some minutes)
	@scripts/run-tests

test-long: set-up  ## all tests, with the packaging tests and the long campaigns
	@scripts/run-tests -m ""

test-web3-7: set-up  ## the tests of what speaks web3.py, with web3.py 7, eth-abi 5 and numpy 1
	@scripts/test-web3-7

fuzz: set-up  ## play a million random batches on the engine (ten minutes to half an hour)
	@scripts/run-tests -m long tests/property/test_engine_fuzz.py

replay-all: set-up  ## replay every crash event for its whole window (long)
	@scripts/replay-all

mutation: set-up  ## how many single mistakes in the risk core the tests find (hours; needs the extra mutation)
	@scripts/mutation

lint: $(PYTHON_STAMP)  ## style, types and the direction of imports
	@scripts/lint

format: $(PYTHON_STAMP)  ## put the Python sources in order
	@ruff check --fix-only --quiet . && ruff format .

set-up: $(PYTHON_STAMP) $(ENGINE_STAMP)  ## the Python environment and the engine, without running anything

engine: $(PYTHON_STAMP)  ## build the engine anew and fail if that does not work
	@scripts/build-engine --or-fail

bench: set-up  ## time the demo part by part, then the engine next to its peers
	@python benchmarks/demo.py
	@python benchmarks/engine.py

bench-setup: set-up  ## install the peers that the engine is timed against
	@scripts/bench-setup

clean:  ## remove the environment, builds and caches; runs and findings stay
	@scripts/clean

$(PYTHON_STAMP): pyproject.toml requirements/dev.lock
	@scripts/set-up-python
	@touch $@

# The script writes the stamp itself, and only after success: without it the next `make` tries again.
$(ENGINE_STAMP): $(ENGINE_SOURCES) | $(PYTHON_STAMP)
	@scripts/build-engine
