# make figures: from config.yaml to the figures and the scorecard; make help lists the rest.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell command -v python3.11 || command -v python3)
LIBRARY := pyproject.toml
ARCHIVE ?= results/archive.tar
SNAKEFILES := Snakefile workflow/rules
PYTHON_FILES := src scripts tests workflow $(wildcard benchmarks)

# One thread a job: as many jobs as cores run at once.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help figures report test test-report lint format lock benchmark gpu-check reproduce archive verify-archive clean environment

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 21

figures: $(READY) ## all figures, tables and the scorecard
	$(BIN)/snakemake --cores all

report: $(READY) ## the same as one page for a browser, results/report.html
	$(BIN)/snakemake --cores all
	$(BIN)/snakemake --report results/report.html --report-stylesheet workflow/report/style.css

test: $(READY) ## the tests
	$(BIN)/pytest

test-report: $(READY) ## the tests of the report; they fail where there is no Chromium to open it with
	REQUIRE_BROWSER=1 $(BIN)/pytest tests/workflow/test_report.py

lint: $(READY) ## ruff, snakefmt and snakemake --lint
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/snakefmt --check $(SNAKEFILES)
	$(BIN)/snakemake --lint

format: $(READY) ## bring the code into shape
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)
	$(BIN)/snakefmt $(SNAKEFILES)

benchmark: $(READY) ## side-by-side measurements against PyTorch and QP solvers, which this installs
	$(BIN)/python -m pip install --quiet --requirement envs/requirements-benchmark.txt
	$(BIN)/python -m benchmarks.run

gpu-check: $(READY) ## verify and time the GPU code; needs a CUDA GPU and envs/requirements-gpu.lock
	$(BIN)/python -m benchmarks.gpu_check

reproduce: $(READY) ## compute CONFIG (config/tiny.yaml) again and again under other settings; say what differs
	$(BIN)/python -m workflow.reproduce --configfile $(or $(CONFIG),config/tiny.yaml) --targets $(TARGETS)

archive: $(READY) ## results of config.yaml, with CONFIG on top, in DIRECTORY (here) as one file ARCHIVE
	$(BIN)/snakemake --cores all $(if $(CONFIG),--configfile $(CONFIG)) $(if $(DIRECTORY),--directory $(DIRECTORY))
	$(BIN)/python -m workflow.archive pack $(ARCHIVE) --directory $(or $(DIRECTORY),.) --configfile $(CONFIG)

verify-archive: $(READY) ## check all sums in ARCHIVE and compute its scorecard again
	$(BIN)/python -m workflow.archive verify $(ARCHIVE)

lock: ## new versions and hashes in envs/*.lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) envs/requirements.in --output-file envs/requirements.lock
	$(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) --constraint envs/requirements.in envs/requirements-gpu.in --output-file envs/requirements-gpu.lock
	rm -rf $(VENV)-lock

# No index and no host in the files: whoever installs takes the files from wherever, the hashes tell them apart.
LOCK_FLAGS := --quiet --upgrade --generate-hashes --no-config --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 --python-platform x86_64-manylinux_2_28

clean: ## remove results and the environment; the committed figures stay
	rm -rf $(VENV) .snakemake .pytest_cache .ruff_cache .hypothesis build src/*.egg-info
	find results -mindepth 1 ! -name README.md -delete

environment: $(READY) ## only .venv, from envs/requirements.lock

$(READY): envs/requirements.lock $(LIBRARY)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
		echo "error: Makefile, PYTHON: '$(PYTHON)' is not Python 3.11, which envs/requirements.lock is for: install it or run make PYTHON=/path/to/python3.11." >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement envs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $(VENV)/lib || true
	touch $@
