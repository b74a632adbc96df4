# Forfait: `make demo` shows it, `make check` proves it. Nothing needs to be installed before but
# Python 3.11 or newer (with venv), make and a C compiler.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := core plugins api workers
SOURCES := $(wildcard $(PACKAGES) alembic bench examples tests)

# The oldest supported Python first: it is what the lock was made and tested with.
PYTHON ?= $(shell for candidate in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && command -v "$$candidate" && break; done)

# Test processes, each with servers of its own; a file's tests stay together.
TESTS_AT_ONCE ?= auto

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

.PHONY: help setup demo serve services check check-graphql format lint types imports test bench bench-full faults lock licences docs docs-serve query-page clean

help:  ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY)  ## Make .venv with the locked dependencies

$(READY): requirements/dev.lock pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
		[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)." >&2; exit 1; }; \
		echo "Making $(VENV) with $(PYTHON)"; \
		"$(PYTHON)" -m venv $(VENV); \
	fi
	@echo "Installing the locked dependencies (once, one to three minutes)"
	@$(BIN)/python -m pip install --quiet --root-user-action=ignore --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --root-user-action=ignore --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## Set up, play a month at five sellers, close it, serve (ONCE=1: stop after the invoices; PORT=n)
	@$(BIN)/forfait demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

serve: $(READY)  ## API and worker on the embedded services
	@$(BIN)/forfait serve

services: $(READY)  ## PostgreSQL and Valkey alone, until Ctrl-C
	@$(BIN)/forfait services

# pytest comes last: its closing line is the verdict.
check: $(READY) lint types imports test  ## Everything that must hold before a commit lands

format: $(READY)  ## Bring the code into shape
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)

lint: $(READY)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports

test: $(READY)  ## The tests (ARGS="-k invoice" for some, TESTS_AT_ONCE=0 in one process)
	@$(BIN)/python -m pytest --numprocesses $(TESTS_AT_ONCE) --maxprocesses 4 --dist loadfile $(ARGS)

bench: $(READY)  ## Speed against the floor, in two minutes
	@$(BIN)/python -m bench

bench-full: $(READY)  ## The same at full size
	@$(BIN)/python -m bench --full

faults: $(READY)  ## Kill, stop and cut everything under load, then compare the books
	@$(BIN)/python -m tests.faults

lock: $(READY)  ## Pin every dependency anew, with hashes and without a host name
	@for set in "runtime --extra embedded" "dev --extra embedded --extra plugin-kit --extra docs --extra dev"; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
			pyproject.toml $${set#* } --output-file requirements/$${set%% *}.lock; done

docs: $(READY)  ## Build the documentation site into build/site
	@$(BIN)/python -m tests.docs.site

docs-serve: docs  ## Build the site and serve it on the loopback (PORT=n; 8080 unless said)
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site $(or $(PORT),8080)

query-page:  ## Bundle the page at /graphql anew (needs Node)
	@cd api/graphql/query_page && npm ci --silent && npm run --silent build

CLIENTS := tests/clients
CLIENTS_VENV := .venv-clients
NODE_READY := $(CLIENTS)/node_modules/.ready
CLIENTS_READY := $(CLIENTS_VENV)/.ready

# Not part of `check`: a machine that builds and tests Forfait needs no Node.
check-graphql: $(READY) $(NODE_READY) $(CLIENTS_READY)  ## Public clients and linters against the API (needs Node 20; ARGS="apollo walks" for some)
	@$(BIN)/python -m tests.clients $(ARGS)

$(NODE_READY): $(CLIENTS)/package.json $(CLIENTS)/package-lock.json
	@command -v node > /dev/null && command -v npm > /dev/null || { \
		echo "check-graphql needs Node 20 or newer with npm on the PATH; everything else does without." >&2; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || { \
		echo "check-graphql needs Node 20 or newer; this is $$(node --version)." >&2; exit 1; }
	@echo "Installing the clients for Node (once, about a minute)"
	@cd $(CLIENTS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CLIENTS_READY): $(CLIENTS)/requirements.lock $(READY)
	@echo "Making $(CLIENTS_VENV) with the clients for Python"
	@$(BIN)/python -m venv $(CLIENTS_VENV)
	@$(CLIENTS_VENV)/bin/python -m pip install --quiet --root-user-action=ignore --require-hashes -r $<
	@touch $@

licences: $(READY)  ## Write docs/licences.md anew
	@$(BIN)/python -m tests.architecture.licences

clean:  ## Remove caches and what a trial left (.venv stays)
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .forfait
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
