# make demo: install, run the bundled sample through Airflow, show the figures.
# make test: install, run the whole suite, in WORKERS=2 processes.

PYTHON ?= python3
PORT ?= 8080
WORKERS ?= 2
BIN := .venv/bin
STAMP := .venv/.installed
DEMO := coffee --since 2026-10-05 --until 2026-10-19

# The CPU build of PyTorch: from a folder of wheels when PIP_FIND_LINKS names one, else from PyTorch's own index.
# GPU=1 takes the default build, with CUDA.
TORCH_INDEX := https://download.pytorch.org/whl/cpu
UV := $(shell command -v uv 2>/dev/null)
ifdef GPU
  UV_TORCH :=
  PIP_TORCH :=
else ifdef PIP_FIND_LINKS
  UV_TORCH := --find-links $(PIP_FIND_LINKS)
  PIP_TORCH :=
else
  UV_TORCH := --torch-backend cpu
  PIP_TORCH := --extra-index-url $(TORCH_INDEX)
endif

# Real servers that the tests talk to, in an environment of their own: their pins are not ours.
SERVERS := mastodon-mock matrix-synapse flask-websub[celery,redis] flask cachelib setuptools tap-jsonl
SERVER_STAMP := .servers/.installed

.PHONY: help install demo test test-servers servers check bench up down clean

help:
	@grep -E '^# make' Makefile | cut -c3-
	@echo "make servers, make test-servers: real servers of platforms, and the tests that need them, heavy ones too."
	@echo "make check: lint, types, imports. make bench: benchmarks."
	@echo "make up / make down: Airflow with its UI. make clean: remove data and environment."

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
ifneq ($(UV),)
	VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --compile-bytecode $(UV_TORCH) -c constraints.txt -e '.[dev]'
else
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(PIP_TORCH) -c constraints.txt -e '.[dev]'
endif
	@touch $(STAMP)

demo: install
	@$(BIN)/listening key --save
	@$(BIN)/python -m listening_etl.orchestration.demo $(DEMO)
	@$(BIN)/listening report coffee
	@echo
	@echo "Next:  psql \"\$$($(BIN)/listening db url)\" -c 'SELECT * FROM kpi.volume LIMIT 5'   the tables that BI tools read"
	@echo "       $(BIN)/listening rejects coffee            what was thrown away, and why"
	@echo "       $(BIN)/listening kpi coffee net_sentiment  a KPI, day by day, with its interval"
	@echo "       make up                                  Airflow with its UI; make down stops it and the database"

test: install
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

servers: $(SERVER_STAMP)

$(SERVER_STAMP): constraints-servers.txt
	@test -x .servers/bin/python || $(PYTHON) -m venv .servers
ifneq ($(UV),)
	VIRTUAL_ENV=$(CURDIR)/.servers $(UV) pip install -c constraints-servers.txt $(SERVERS)
else
	.servers/bin/python -m pip install --disable-pip-version-check --quiet -c constraints-servers.txt $(SERVERS)
endif
	@touch $(SERVER_STAMP)

test-servers: install servers
	sh tests/integration/servers/install_heavy.sh
	CI=1 $(BIN)/python -m pytest -m "heavy or not heavy" tests/integration/servers

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.query
	$(BIN)/python -m benchmarks.duplicates --methods ours
	$(BIN)/python -m benchmarks.scoring

up: install
	@$(BIN)/python -m listening_etl.orchestration.server up --port $(PORT)

down:
	@$(BIN)/python -m listening_etl.orchestration.server down

clean: down
	rm -rf .listening .airflow .venv .servers
