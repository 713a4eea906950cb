# Tanggap. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# the first Python of 3.11 or newer on this machine; `make PYTHON=/path/to/python run` chooses another
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
CODE := $(wildcard services shared tanggap tests bench)
LOCK := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-build-isolation \
	--no-header --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# arguments for the benchmarks, e.g. `make bench ARGS="--quick"`, or for pytest in the test-… targets
ARGS ?=
# what `make coverage` demands, in per cent
COVERAGE_MIN ?= 90

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z0-9-]*:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------
# The environment. A stamp stands for "the lock of this content is installed".

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: Tanggap needs Python 3.11 or newer, and none is on the PATH." >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "make: $(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; exit 1; }

$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies into $(VENV) …"
	@$(PIP) install --require-hashes --requirement requirements/run.txt </dev/null
	@$(PIP) install --no-deps --no-build-isolation --editable . </dev/null
	@touch $@

$(VENV)/.dev-stamp: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "installing the locked dependencies, with those of the tests, into $(VENV) …"
	@$(PIP) install --require-hashes --requirement requirements/dev.txt </dev/null
	@$(PIP) install --no-deps --no-build-isolation --editable . </dev/null
	@touch $@ $(VENV)/.run-stamp

.PHONY: venv
venv: $(VENV)/.dev-stamp ## make .venv with everything that development needs

.PHONY: lock
lock: $(VENV)/.dev-stamp ## resolve the dependencies again (UPGRADE=1: to their newest versions)
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra build --extra embedded --extra train --extra test --extra dev \
		--output-file requirements/dev.txt pyproject.toml
	# the newer pins of dev.txt are the start of run.txt, so that both always agree
	cp requirements/dev.txt requirements/run.txt
	$(LOCK) --extra build --extra embedded --output-file requirements/run.txt pyproject.toml

# ---------------------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/.run-stamp ## start everything on this machine, with demonstration data
	@exec $(BIN)/tanggap up --demo </dev/null

.PHONY: test
test: $(VENV)/.dev-stamp ## run every test; installs what the tests need
	@exec $(BIN)/python -m tests.stages </dev/null

.PHONY: lint
lint: $(VENV)/.dev-stamp ## check style, types and which part may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

.PHONY: bench
bench: $(VENV)/.dev-stamp servers ## run the benchmarks
	@exec $(BIN)/python -m bench $(ARGS) </dev/null

.PHONY: servers
servers: $(VENV)/.dev-stamp ## install Kafka, PostgreSQL, Prometheus and Chromium for the tests
	@$(BIN)/python -m tests.servers </dev/null

.PHONY: test-unit test-contract test-integration test-e2e test-docs
test-unit: $(VENV)/.dev-stamp ## run the unit tests only
test-contract: $(VENV)/.dev-stamp ## run the contract tests only
test-integration: $(VENV)/.dev-stamp servers ## run the integration tests only
test-e2e: $(VENV)/.dev-stamp servers ## run the end-to-end tests only
test-docs: $(VENV)/.dev-stamp ## check the documentation only
test-unit test-contract test-integration test-e2e test-docs:
	@exec $(BIN)/pytest tests/$(@:test-%=%) $(ARGS) </dev/null

.PHONY: test-rules
test-rules: $(VENV)/.dev-stamp ## see that worked examples reach every branch of the rules
	@exec $(BIN)/python -m tests.stages rules </dev/null

.PHONY: coverage
coverage: $(VENV)/.dev-stamp servers ## measure branch coverage (COVERAGE_MIN=90)
	@exec $(BIN)/pytest tests/unit tests/contract tests/integration --cov --cov-report=term:skip-covered \
		--cov-report=xml:.cache/coverage.xml --cov-fail-under=$(COVERAGE_MIN) $(ARGS) </dev/null

.PHONY: format
format: $(VENV)/.dev-stamp ## let ruff format the code and repair what it can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: clean
clean: ## remove .venv and the caches (never the data in var/)
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info
