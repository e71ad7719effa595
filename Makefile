# Everything here starts from a fresh clone and needs only Python 3.11 or newer (with venv) and make.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
SEEDS ?= 1

PY := $(VENV)/bin/python
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(PY) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"
# How many processes the tests run in: those with real processes mostly wait, so six suit two cores as well.
COUNT := import os; cores = os.cpu_count() or 1; print(min(8, max(6, cores)) if cores > 1 else 3)
# Processes that run tests read what another one has compiled, even where the environment says not to write it.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest --dist worksteal -n "$$($(PY) -c '$(COUNT)')"
# Stamps: an environment is installed again only when its requirements have changed.
TO_RUN := $(VENV)/.installed-to-run
TO_WORK := $(VENV)/.installed-to-work

.DEFAULT_GOAL := help
.PHONY: help setup run demo test fuzz mutants chaos load lint format types layers check lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-13s %s\n", $$1, $$2 }'

setup: $(TO_WORK) ## Make the virtual environment with everything for development

run: $(TO_RUN) ## Run the whole service on this machine until Ctrl-C
	@$(PY) -m local run

demo: $(TO_RUN) ## Show the whole way once: a record in, Calendly's answer at the callback
	@$(PY) -m local demo

test: $(TO_WORK) ## Run every test (ARGS="-k lanes" chooses)
	$(PYTEST) $(ARGS)

fuzz: $(TO_WORK) ## Try what the tests draw at random thirty times as often (ARGS="-k lane" chooses)
	$(PYTEST) --hypothesis-profile long -m hypothesis --timeout 1200 $(ARGS)

mutants: $(TO_WORK) ## Make plausible mistakes in the scripts, one by one, and tell which tests see them (ARGS="--only settle" chooses)
	$(PY) -m tests.mutants $(ARGS)

chaos: $(TO_WORK) ## Kill, cut, freeze and fill everything at random, and account for every id (SEEDS="1 2 3 4")
	$(PY) -m tests.chaos --seed $(SEEDS) $(ARGS)

load: $(TO_WORK) ## Measure how others fare while some do their worst (ARGS="--only idle backlog" chooses)
	$(PY) -m tests.load $(ARGS)

lint: $(TO_WORK) ## Check style and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(TO_WORK) ## Mend formatting, and what else can be mended safely
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: $(TO_WORK) ## Check types
	$(PY) -m mypy

layers: $(TO_WORK) ## Check that imports point down
	$(VENV)/bin/lint-imports

check: lint types layers test ## Everything that must pass before a change is proposed

lock: $(TO_WORK) ## Pin the newest releases that pyproject.toml allows (UPGRADE=1 moves pins that fit already)
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove the environment and all caches; data in .relay stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TO_RUN): requirements.txt | $(PY)
	@echo "Installing what the service needs (once) ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

# requirements-dev.txt holds everything of requirements.txt too.
$(TO_WORK): requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing what development needs (once) ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $(TO_RUN) $@

$(PY):
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) was not found: install Python 3.11 or newer, or name it, such as: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and this is $$($(PYTHON) --version 2>&1). Name a newer one, such as: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: on Debian, apt-get install python3-venv adds that." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
