# Two entry points: `make demo` runs the main job, `make test` the tests. Each makes .venv from the lock first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Set TORCH_INDEX=https://download.pytorch.org/whl/cpu on a machine without a GPU: smaller by gigabytes.
PIP_EXTRA := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: demo test lint install lock clean

demo: $(VENV)/.installed
	$(BIN)/tinker run grids/attention_variants.yaml
	$(BIN)/tinker report grids/attention_variants.yaml

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: $(VENV)/.installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tinker needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet $(PIP_EXTRA) -c requirements.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet $(PIP_EXTRA) -c requirements.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
