# The newcomer's door. Every target sets the environment up by itself; a second run does no set-up work.
# Needs only make and Python 3.11 or newer (PYTHON=python3.12 make … picks one).

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
REPORTS ?= annotations/gold/lianyungang-2021.md
OUT     ?= out/extracted.jsonl
GOLD    ?= annotations/gold/lianyungang-2021.jsonl
WORKERS ?= 1
PEERS   ?= all

# A registry that does not answer is an error after a minute or two, not a hang.
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check --timeout 30 --retries 2

SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.DEFAULT_GOAL := help
.PHONY: messages help view extract test test-slow test-foreign test-all check train score bench bench-pages lock clean system-deps wheel annotations

help:                      ## what one can make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gongwen needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: on Debian and Ubuntu, apt install python3-venv" >&2; exit 2; }
	$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@

extract: $(READY)          ## the main job: REPORTS=… (files, folders) to OUT=… (JSON lines), with a summary
	$(BIN)/gongwen extract $(REPORTS) --output $(OUT) --workers $(WORKERS) --summary

score: $(READY)            ## extract the gold report and score it: GOLD=…, REPORTS=…, OUT=…
	$(BIN)/gongwen extract $(REPORTS) --output $(OUT) --workers $(WORKERS)
	$(BIN)/gongwen score $(GOLD) $(OUT)

train: $(READY)            ## retrain every trained stage from annotations/train into models/gongwen
	$(BIN)/gongwen train

annotations: $(READY)      ## check the labelled reports
	$(BIN)/gongwen annotate compile annotations/train

check: $(READY)            ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check                ## the tests of a newcomer, a few minutes
	$(BIN)/pytest -n 2 -m "not slow"

$(VENV)/.ready-slow: $(READY)
	$(PIP) --constraint constraints.txt --editable '.[dev,ray]'
	@touch $@

test-slow: $(READY)        ## only the slow tests of our own code
	$(BIN)/pytest -n 2 -m "slow and not foreign"

test-foreign: $(VENV)/.ready-slow  ## the tests with Ray, Label Studio and a browser (after make system-deps)
	$(BIN)/pytest -n 2 --dist loadfile -rs -m foreign

test-all: test test-slow test-foreign  ## all tests

system-deps:               ## Debian packages that the slow part uses: chromium looks at the pages
	@command -v apt-get >/dev/null || { echo "no apt-get here: install chromium and a Chinese font yourself"; exit 0; }; \
	command -v chromium >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends chromium fonts-noto-cjk; }

view: $(READY)             ## pages to read from the records in OUT=…: site/index.html
	@test -f $(OUT) || $(MAKE) --no-print-directory extract
	$(BIN)/gongwen view $(OUT) --output site

messages: $(READY)         ## compile the Chinese of the messages: pipeline/locale/zh/LC_MESSAGES/gongwen.po
	$(BIN)/pybabel compile --domain gongwen --directory pipeline/locale

bench: $(READY)            ## speed, memory and peers beside jieba: PEERS=all|none|a,b; ACCEPT=1 keeps the run; QUICK=1
	$(BIN)/python -m benchmarks measure --peers $(PEERS) $(if $(ACCEPT),--accept) $(if $(QUICK),--quick)

bench-pages: $(READY)      ## renew the bench tables of README.md and docs/cost.md from the accepted run
	$(BIN)/python -m benchmarks pages

wheel: $(READY)            ## build the wheel, the shipped model inside
	$(BIN)/python -m build --wheel --no-isolation

lock: $(READY)             ## renew constraints.txt from pyproject.toml
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra ray --universal --python-version 3.11 --no-header --no-annotate -o constraints.txt

clean:                     ## remove the environment and what was made
	rm -rf $(VENV) .venv-bench .bench out site dist build .pytest_cache .mypy_cache .ruff_cache
