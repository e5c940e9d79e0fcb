# The words of this project; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help install run console test check lint types texts faults bench clean

help:  ## list these words
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */make \1\t/' | expand -t 16

install: $(VENV)/.runs  ## make .venv and install what runs

run: $(VENV)/.runs  ## serve bank and shop on a real MongoDB, with demo data (PORT, SHOP_PORT, DATA_DIR)
	@DEMO=$${DEMO-true} SHOP=$${SHOP-$${DEMO-true}} $(BIN)/python run.py

console: $(VENV)/.runs  ## the bank in this terminal, for customers and bankers (BANK_URL)
	@$(BIN)/python -m console

test: $(VENV)/.checks  ## install what tests need and run them all
	$(BIN)/python -m pytest -m "not alone" --numprocesses=2 --dist=loadfile
	$(BIN)/python -m pytest -m alone

check: lint types test  ## lint, types, tests

lint: $(VENV)/.checks  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.checks  ## mypy, strict
	$(BIN)/mypy

texts: $(VENV)/.checks  ## gather the texts of pages into app/translations, to be translated
	$(BIN)/python -m setup.texts

faults: $(VENV)/.checks  ## try to break the bank for an hour or two, and print the figures (ONLY="failover model")
	$(BIN)/python -m tests.faults $(ONLY)

bench: $(VENV)/.benches  ## measure what the README says of speed (ONLY="deposits")
	$(BIN)/python -m benchmarks $(ONLY)

clean:  ## forget .venv and what tests left; data/ stays
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.runs: requirements.txt
	@sh setup/system.sh run
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.checks: $(VENV)/.runs requirements-dev.txt package.json package-lock.json
	@sh setup/system.sh test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	npm ci --silent --no-audit --no-fund
	@touch $@

$(VENV)/.benches: $(VENV)/.checks requirements-bench.txt
	@sh setup/system.sh bench
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@
