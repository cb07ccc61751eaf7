# k8sedu: `make` alone says what there is.
#
# The first call makes an environment in .venv and installs into it; later calls start at once, until pyproject.toml changes.
# A machine needs Python 3.11 or newer and git. Choose a Python with `make lab PYTHON=/path/to/python3`.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)
LAB_FLAGS ?=
PYTEST_FLAGS ?=

# Only what the environment of this Makefile holds may answer to `import`.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help lab test bench nightly figures format clean

help: ## This list
	@echo 'k8sedu: see how Kubernetes works, in Jupyter.'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.lab ## Open the lessons in JupyterLab (LAB_FLAGS=--no-browser prints the address only)
	@$(BIN)/k8sedu lab $(LAB_FLAGS)

test: $(VENV)/.test ## The whole suite: ruff, mypy, pytest with notebooks and browser (minutes)
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest -n logical --dist worksteal $(PYTEST_FLAGS)

bench: $(VENV)/.test ## The ratios of speed, alone on the machine
	$(BIN)/python -m pytest -m bench -s tests/bench $(PYTEST_FLAGS)

nightly: $(VENV)/.test ## The long searches (an hour or more)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n logical --dist worksteal -m 'not bench' --timeout 7200 $(PYTEST_FLAGS)

figures: $(VENV)/.lab ## Draw figures/ again, byte for byte
	@$(BIN)/k8sedu figures

format: $(VENV)/.test ## Mend what ruff can mend
	$(BIN)/ruff check --fix

clean: ## Remove the environment and what tools left behind; lessons and figures stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find k8sedu tests notebooks -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf

# A stamp says that the environment holds what pyproject.toml asks for.
$(VENV)/.lab: pyproject.toml $(BIN)/python
	$(call install,lab$(comma)slides)

$(VENV)/.test: pyproject.toml $(BIN)/python
	$(call install,lab$(comma)slides$(comma)test)
	@touch $(VENV)/.lab

comma := ,
define install
@echo 'Installing k8sedu into $(VENV); the first time takes a minute or two.'
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(1)]' || { \
	echo 'The packages could not be installed; pip says why above. Is there a network?' >&2; exit 1; }
@touch $@
endef

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or newer was found. Install one, or name it: make lab PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make environments: its venv module is missing. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Making the environment $(VENV) with $(PYTHON).'
	@$(PYTHON) -m venv $(VENV)
