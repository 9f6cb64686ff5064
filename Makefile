# Every chore of pingpong. `make` alone explains them.

.DEFAULT_GOAL := help
.PHONY: help install run test bench lint format requirements screenshots clean environment dev-environment

PYTHON := .venv/bin/python
# How many tests run at once; 0 for one after the other.
WORKERS ?= auto
# More for pytest, for instance: make test ARGS="tests/pings -x"; for the benchmarks: make bench ARGS=--quick
ARGS ?=
# More for the resolver, for instance: make requirements ARGS=--upgrade
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" $(ARGS)

help: ## Explain each target
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

install: environment ## Make .venv and bring the database up to date
	@exec $(PYTHON) -m pingpong.ops.run --only-migrate

run: environment ## Start everything and print the URL (PORT, PINGPONG_DATA, DATABASE_URL, REDIS_URL are heeded)
	@exec $(PYTHON) -m pingpong.ops.run --end-with-make

test: dev-environment ## Run all tests, the browser's included (WORKERS=0 for one process, ARGS for pytest)
	@bin/ensure-browser
	@exec $(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --timeout 180 $(ARGS)

bench: dev-environment ## Measure everything beside its peers and write docs/figures.md (ARGS=--quick for a try)
	@exec $(PYTHON) -m benchmarks $(ARGS)

lint: dev-environment ## Check style, types and the direction of imports
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-cache

format: dev-environment ## Format the code and put right what can be put right
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

# A package that another one wants with an extra (coverage[toml]) is pinned with it: pip looks past a pin without.
requirements: dev-environment ## Pin the packages of requirements*.in (ARGS=--upgrade for newer ones)
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --no-strip-extras --output-file requirements-dev.txt requirements-dev.in

screenshots: dev-environment ## Make the README's pictures of each page
	@bin/ensure-browser
	$(PYTHON) -m tests.browser.screenshots

clean: ## Remove .venv and all caches; the data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@bin/ensure-environment run

dev-environment:
	@bin/ensure-environment dev
