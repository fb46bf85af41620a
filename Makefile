# make figures: from config.yaml to the figures and the scorecard; make help lists the rest.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLUSTER_VENV := .venv-cluster
CLUSTER_READY := $(CLUSTER_VENV)/.ready
KUBERNETES_VENV := .venv-kubernetes
KUBERNETES_READY := $(KUBERNETES_VENV)/.ready
CRATE_READY := build/crate/.ready
LIBRARY := pyproject.toml
SNAKEFILES := Snakefile workflow/Snakefile workflow/rules
EMBED = $(BIN)/python -m workflow.embed
# Before what is silent for long: a sign of life every few seconds.
ALIVE = "$$PYTHON" workflow/alive.py
# The library runs under these, the pipeline and envs/requirements.lock under the first.
VERSIONS := 3.11 3.12 3.13
# A file is for one process, as its fixtures are, in the order of tests/conftest.py. Not loadgroup: pytest-xdist 3.8
# sets its groups where pytest 9.2 does not look.
ON_ALL_CORES := --numprocesses logical --dist loadfile --no-loadscope-reorder
PYTHON_FILES := src scripts tests workflow docs $(wildcard benchmarks)
# Every study that draws a figure: its name is a target here as well.
FIGURES := $(notdir $(patsubst %/figure.py,%,$(wildcard src/kkt_unlearning/studies/*/figure.py)))

# What may be written after a target. Recipes take it from their environment and in quotes: in a file's name may
# stand what a shell would run, and make itself, as it hands a variable on. What := has from value is handed on as it is.
ifndef PYTHON
PYTHON := $(shell command -v python3.11 || command -v python3)
endif
ARCHIVE ?= results/archive.tar
TABLES := benchmarks/results
override PYTHON := $(value PYTHON)
override ARCHIVE := $(value ARCHIVE)
override CONFIG := $(value CONFIG)
override DIRECTORY := $(value DIRECTORY)
override TABLES := $(value TABLES)
override TARGETS := $(value TARGETS)
override AT_MOST := $(value AT_MOST)
override REPETITIONS := $(value REPETITIONS)
override WHOLE := $(value WHOLE)
override SETTINGS := $(value SETTINGS)
override RUNS := $(value RUNS)
override EXPERIMENT := $(value EXPERIMENT)
export PYTHON ARCHIVE CONFIG DIRECTORY TABLES TARGETS AT_MOST REPETITIONS WHOLE SETTINGS RUNS EXPERIMENT

# Where nothing can be kept at home, Matplotlib would look for fonts in each job, and Snakemake end under a profile for Slurm.
ifneq ($(shell c="$${XDG_CACHE_HOME:-$$HOME/.cache}"; mkdir -p "$$c" 2>/dev/null && [ -w "$$c" ] && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/build/cache
endif

# Hundreds of short processes would each compile the library where what is compiled is not to be kept.
unexport PYTHONDONTWRITEBYTECODE

# One thread a job: as many jobs as cores run at once.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help figures $(FIGURES) report real-size docs test test-torch test-crate test-report test-faults test-solvers lint lint-github format lock benchmark gpu-check clean environment reproduce archive verify-archive test-fuzz check compare schema test-cluster load cluster-environment test-kubernetes kubernetes-environment test-versions dist

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 21
	@echo "make NAME            one figure with only what it needs, NAME one of"
	@echo "$(FIGURES)" | fold -s -w 96 | sed 's/^/                     /'

figures: $(READY) ## all figures, tables and the scorecard
	$(BIN)/snakemake --cores all
	@echo "figures: paper_figures/*.pdf, each with .png and the numbers drawn as .csv; scorecard: paper_figures/scorecard.md;"
	@echo "findings: docs/findings.md; tables: results/tables/; to look through in a browser: results/explorer.html"

$(FIGURES): $(READY)
	$(BIN)/snakemake --cores all $@
	@echo "figure: paper_figures/$@.pdf, with $@.png and the numbers drawn, $@.csv; what it shows: workflow/report/$@.rst"

# Snakemake fails with a traceback where it cannot make this folder, before it reads our files.
define folder
	@mkdir -p -- "$${DIRECTORY:-.}" 2>/dev/null && test -w "$${DIRECTORY:-.}" && test -x "$${DIRECTORY:-.}" || { \
		echo "error: Makefile, DIRECTORY: '$${DIRECTORY:-.}' is no folder that can be made and written to: name one of your own." >&2; exit 1; }
endef

report: $(READY) ## all figures and pages in one file for a browser, results/report.html; of another run with CONFIG, DIRECTORY
	$(folder)
	$(BIN)/snakemake --cores all $${CONFIG:+--configfile="$$CONFIG"} --directory="$${DIRECTORY:-.}"
	@echo "all figures and pages are put into one file"
	$(BIN)/snakemake $${CONFIG:+--configfile="$$CONFIG"} --directory="$${DIRECTORY:-.}" --report results/report.html --report-stylesheet "$$PWD/workflow/report/style.css"
	@echo "report: $${DIRECTORY:-.}/results/report.html"

docs: $(READY) ## the documentation as a site, build/docs/index.html
	@echo "the pages are built: about a minute"
	@$(ALIVE) $(BIN)/python -m sphinx -W --keep-going -q -j auto docs build/docs
	@echo "documentation: build/docs/index.html"

test: $(READY) ## the tests, one process per core
	$(BIN)/pytest $(ON_ALL_CORES)

test-fuzz: $(READY) ## hostile configurations and files, 1,000 of each, and what becomes of them, for docs/hostile.md
	FUZZ_EXAMPLES=1000 $(BIN)/pytest --hypothesis-profile=fuzz --table "$$TABLES/hostile.csv" \
		tests/workflow/test_hostile_configuration.py tests/workflow/test_hostile_tables.py tests/datasets/test_hostile_files.py tests/formats tests/audit/test_layers.py
	$(EMBED)

test-solvers: $(READY) ## exact points of the linear model against NNLS, Clarabel and LIBSVM, INSTANCES (default: 20) of each kind and size
	INSTANCES="$${INSTANCES:-20}" $(BIN)/pytest $(ON_ALL_CORES) tests/quadratic/test_peers.py

real-size: $(READY) ## the studies at the size of real data, config/real-size.yaml, in DIRECTORY (default: real-size)
	$(BIN)/snakemake --cores all --configfile config/real-size.yaml --directory="$${DIRECTORY:-real-size}" growth natural_all
	$(BIN)/python -m workflow.real_size -- "$${DIRECTORY:-real-size}"
	$(EMBED)

check: $(READY) ## say whether somebody else's CONFIG=theirs.yaml is safe to give to snakemake; runs nothing in it
	@$(BIN)/python -m workflow.check "$$CONFIG"

test-report: $(READY) ## the tests of the report; they fail where there is no Chromium to open it with
	REQUIRE_BROWSER=1 $(BIN)/pytest tests/workflow/test_report.py

test-torch: $(READY) ## modules, tensors and files of PyTorch against PyTorch, which this installs
	@echo "PyTorch and the solvers of envs/requirements-benchmark.txt are installed: minutes"
	$(ALIVE) $(BIN)/python -m pip install --quiet --requirement envs/requirements-benchmark.txt
	$(BIN)/pytest tests/formats/test_torch_files.py tests/audit/test_torch_modules.py tests/estimators/test_torch_modules.py

test-crate: $(READY) $(CRATE_READY) ## the metadata of archives against the validator of RO-Crate, which this installs
	PYTHONPATH=$$(echo build/crate/lib/*/site-packages) $(BIN)/pytest tests/workflow/test_crate.py

test-faults: $(READY) ## recovery after kills, full disks and damaged files, for docs/faults.md
	$(BIN)/pytest tests/faults --table "$$TABLES/faults.csv" $${AT_MOST:+--at-most "$$AT_MOST"}
	$(EMBED)

test-versions: ## the library's tests under each of python3.11, 3.12 and 3.13 on the PATH, with the newest packages
	@found="$(strip $(FOUND))"; test -n "$$found" || { \
		echo "error: Makefile, test-versions: none of $(VERSIONS:%=python%) is on the PATH: install one of them." >&2; exit 1; }; \
	echo "on the PATH: $$found, of $(VERSIONS)"; \
	for version in $$found; do \
		$(MAKE) --no-print-directory build/python$$version/.ready && \
		build/python$$version/bin/python -m pytest $(ON_ALL_CORES) $(LIBRARY_TESTS) || exit 1; \
	done; \
	echo "passed under: $$found"

# A name on the PATH may be a stand-in for an interpreter that is not there: it has to run.
FOUND = $(foreach version,$(VERSIONS),$(shell python$(version) -c 'print("$(version)")' 2>/dev/null))

# Without those of the pipeline, the benchmarks and what is built from the repository, for which the lock is.
LIBRARY_TESTS := tests $(addprefix --ignore=tests/,workflow test_documentation.py test_benchmarks.py test_release.py)

build/python%/.ready: $(LIBRARY)
	@echo "the newest packages for Python $* are installed in $(@D): a minute or more"
	rm -rf $(@D)
	python$* -m venv $(@D)
	$(ALIVE) $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

test-cluster: $(CLUSTER_READY) ## runs and their faults on a Slurm of two virtual nodes, installed here if you are root, for docs/cluster.md
	@{ command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged; } >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
		{ echo "Slurm is installed with apt-get: a minute or more without a further word"; \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge; } >/dev/null 2>&1 || true; }
	$(CLUSTER_VENV)/bin/python -m pytest tests/cluster -rs --repetitions "$${REPETITIONS:-5}" $${WHOLE:+--whole "$$WHOLE"} --table "$$TABLES/faults_slurm.csv"
	$(CLUSTER_VENV)/bin/python -m workflow.embed

test-kubernetes: $(KUBERNETES_READY) ## a figure through the profile for Kubernetes, against stand-ins, whose bucket this installs. Not in CI
	$(ALIVE) $(KUBERNETES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-bucket.txt
	$(KUBERNETES_VENV)/bin/python -m pytest tests/kubernetes

load: $(CLUSTER_READY) ## a sweep of 2,000 settings (SETTINGS) on the Slurm that test-cluster installs, for docs/cluster.md
	$(CLUSTER_VENV)/bin/python -m tests.cluster.load --settings "$${SETTINGS:-2000}"
	$(CLUSTER_VENV)/bin/python -m workflow.embed

schema: $(READY) ## update what editors know of config.yaml, after a change of its keys or defaults
	$(BIN)/python -m workflow.editors

lint: lint-github ## ruff, mypy, snakefmt, snakemake --lint, and linters of what GitHub runs
	$(BIN)/ruff check $(PYTHON_FILES)
	$(BIN)/ruff format --check $(PYTHON_FILES)
	$(BIN)/mypy
	$(BIN)/snakefmt --check $(SNAKEFILES)
	$(BIN)/snakemake --lint

lint-github: $(READY)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yaml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/pre-commit validate-config

format: $(READY) ## format the code
	$(BIN)/ruff check --fix $(PYTHON_FILES)
	$(BIN)/ruff format $(PYTHON_FILES)
	$(BIN)/snakefmt $(SNAKEFILES)

dist: $(READY) ## wheel and sdist, in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation

benchmark: $(READY) ## side-by-side measurements against PyTorch and QP solvers, which this installs
	@echo "PyTorch and the solvers of envs/requirements-benchmark.txt are installed: minutes"
	$(ALIVE) $(BIN)/python -m pip install --quiet --requirement envs/requirements-benchmark.txt
	$(BIN)/python -m benchmarks.run

gpu-check: $(READY) ## verify and time the GPU code; needs a CUDA GPU and envs/requirements-gpu.lock
	$(BIN)/python -m benchmarks.gpu_check

reproduce: $(READY) ## compute CONFIG (default: config/tiny.yaml) several times, with other threads and kernels; say what differs
	set -f; $(BIN)/python -m workflow.reproduce --configfile="$${CONFIG:-config/tiny.yaml}" --targets $$TARGETS
	$(EMBED)

compare: $(READY) ## RUNS="a b", folders of runs or configuration files, side by side in EXPERIMENT (default: step_size)
	set -f; $(BIN)/python -m workflow.compare $${EXPERIMENT:+--experiment="$$EXPERIMENT"} -- $$RUNS

archive: $(READY) ## results of config.yaml, with CONFIG on top, in DIRECTORY (default: here), as one file ARCHIVE
	$(folder)
	$(BIN)/snakemake --cores all $${CONFIG:+--configfile="$$CONFIG"} --directory="$${DIRECTORY:-.}"
	$(BIN)/python -m workflow.archive pack $${CONFIG:+--configfile="$$CONFIG"} --directory="$${DIRECTORY:-.}" -- "$$ARCHIVE"

verify-archive: $(READY) ## check all sums in ARCHIVE and compute its scorecard again
	$(BIN)/python -m workflow.archive verify -- "$$ARCHIVE"

lock: ## write the newest versions and their hashes to envs/*.lock
	@echo "uv is installed and looks for the newest versions: a minute or more"
	"$$PYTHON" -m venv $(VENV)-lock
	$(ALIVE) $(VENV)-lock/bin/python -m pip install --quiet uv
	$(ALIVE) $(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) envs/requirements.in --output-file envs/requirements.lock
	$(ALIVE) $(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) --constraint envs/requirements.in envs/requirements-gpu.in --output-file envs/requirements-gpu.lock
	rm -rf $(VENV)-lock

# No index and no host in the files: whoever installs takes the files from wherever, the hashes tell them apart.
LOCK_FLAGS := --quiet --upgrade --generate-hashes --no-config --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 --python-platform x86_64-manylinux_2_28

clean: ## remove results and environments; the committed figures stay
	rm -rf $(VENV) $(CLUSTER_VENV) $(KUBERNETES_VENV) .snakemake .pytest_cache .ruff_cache .mypy_cache .hypothesis build dist docs/generated src/*.egg-info
	find results -mindepth 1 ! -name README.md -delete

environment: $(READY) ## only .venv, from envs/requirements.lock

cluster-environment: $(CLUSTER_READY) ## .venv-cluster: the packages of .venv, and the executors of envs/requirements-cluster.txt

kubernetes-environment: $(KUBERNETES_READY) ## .venv-kubernetes: the packages of .venv, and the plugins of envs/requirements-kubernetes.txt

# Compiled by every core; some packages bring files for other versions of Python, which do not compile.
define install
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
		echo "error: Makefile, PYTHON: '$$PYTHON' is not Python 3.11, which envs/requirements.lock is for: install it or run make PYTHON=/path/to/python3.11." >&2; exit 1; }
	@echo "the packages of envs/requirements.lock are installed in $(1) and compiled: one to three minutes"
	rm -rf $(1)
	"$$PYTHON" -m venv $(1)
	$(ALIVE) $(1)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes --requirement envs/requirements.lock
	$(ALIVE) $(1)/bin/python -W ignore -m compileall -qq --workers 0 $(1)/lib || true
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef

$(READY): envs/requirements.lock $(LIBRARY)
	$(call install,$(VENV))
	touch $@

$(CRATE_READY): envs/requirements-crate.txt
	@echo "the validator of RO-Crate is installed in $(@D): half a minute"
	rm -rf $(@D)
	"$$PYTHON" -m venv $(@D)
	$(ALIVE) $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-crate.txt
	touch $@

$(CLUSTER_READY): envs/requirements.lock envs/requirements-cluster.txt $(LIBRARY)
	$(call install,$(CLUSTER_VENV))
	$(ALIVE) $(CLUSTER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-cluster.txt
	$(ALIVE) $(CLUSTER_VENV)/bin/python -m compileall -qq $(CLUSTER_VENV)/lib || true
	touch $@

$(KUBERNETES_READY): envs/requirements.lock envs/requirements-kubernetes.txt $(LIBRARY)
	$(call install,$(KUBERNETES_VENV))
	$(ALIVE) $(KUBERNETES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-kubernetes.txt
	touch $@
