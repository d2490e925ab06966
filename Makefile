# Vaguemestre: make demo | make test. Needs Python >= 3.11 and make, nothing else; nothing here asks for root.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is recent enough; override with `make PYTHON=/path/to/python3 ...`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$p; break; fi; done)
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-virtualenv
# Two workers: a test must never depend on another. `make test PYTEST_ARGS=-x` and the like.
WORKERS ?= 2
PYTEST_ARGS ?=

.PHONY: help setup demo test lint types format rules docs docs-check locks bench clean
.DEFAULT_GOAL := help

help: ## show these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "  make %-11s %s\n", $$1, $$2 }'

setup: $(VENV)/.installed ## create .venv with the vaguemestre command
	@echo "Prêt / ready: $(BIN)/vaguemestre"

demo: $(VENV)/.installed ## the sample day of 27 April 2022, live, in under a minute
	@$(BIN)/vaguemestre demo

test: $(VENV)/.installed-dev ## install what the tests need, run them all, name what did not run
	@tests/install-debian-packages
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev ## ruff: mistakes and layout
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev ## mypy, strict
	@$(BIN)/mypy

format: $(VENV)/.installed-dev ## lay the code out
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

rules: $(VENV)/.installed-dev ## the house's own rules: imports, style, citations, finding codes
	@$(BIN)/python -m pytest tests/house

docs: $(VENV)/.installed-dev ## write the generated pages of docs/
	@$(BIN)/python tools/generate_docs.py

docs-check: $(VENV)/.installed-dev ## fail when a generated page is stale
	@$(BIN)/python tools/generate_docs.py --check

locks: ## pin the dependencies of pyproject.toml again, with their hashes (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra build \
	  -c requirements-dev.lock pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra dev \
	  -c requirements.lock pyproject.toml -o requirements-dev.lock

bench: $(VENV)/.installed ## this machine's figures
	@$(BIN)/vaguemestre bench

clean: ## remove the environment and every cache; keeps your state directories
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Il faut Python 3.11 ou plus récent / Python 3.11 or later is needed: apt install python3 python3-venv" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "Il manque le module venv de Python ; une commande l'installe (en root) :" >&2; \
	  echo "Python's venv module is missing; one command installs it (as root):" >&2; \
	  echo "    apt install python$$version-venv" >&2; exit 1; fi
	@echo "Environnement / environment: $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# --require-hashes: only what the lock names, byte for byte. The package itself is installed editable, without network.
$(VENV)/.installed: $(VENV)/.created requirements.lock pyproject.toml
	@echo "Installation : requirements.lock (une minute / one minute)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installation : requirements-dev.lock"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
