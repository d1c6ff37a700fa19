# `make demo` runs the main job, `make test` the tests. Each makes .venv from the lock first, where there is none.
#   PYTHON       the interpreter for .venv: 3.11, 3.12 or 3.13
#   TORCH_INDEX  https://download.pytorch.org/whl/cpu on a machine without an NVIDIA GPU: smaller by gigabytes
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check --quiet
EXTRA_INDEX := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
NOT_LOCKED := ^(nvidia-|cuda-|triton==)
FIRST_ID := import json, sys; print(json.load(open(sys.argv[1]))["trials"][0]["trial_id"])

.PHONY: demo test test-runpod chaos lint install replay lock clean

demo: $(VENV)/.installed
	@$(BIN)/tinker run grids/attention_variants.yaml
	@$(BIN)/tinker report grids/attention_variants.yaml
	@$(BIN)/tinker report grids/attention_variants.yaml --format html --output results/attention_variants/report.html

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

# Rents a small pod for some cents, with the key in RUNPOD_API_KEY: one trial, a pod that deletes itself, a bill.
test-runpod: $(VENV)/.installed-dev
	@TINKER_TEST_RUNPOD=1 $(BIN)/python -m pytest -n 0 -s tests/cloud/test_live.py

# FAULTS on real processes and files over a small grid, drawn from SEED: an hour or so for 200.
chaos: FAULTS ?= 200
chaos: SEED ?= 1
chaos: $(VENV)/.installed-dev
	@TINKER_FAULTS=$(FAULTS) TINKER_CHAOS_SEED=$(SEED) $(BIN)/python -m pytest -n 0 -s tests/chaos

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# One frozen seed of the control, trained again: does this code, on this machine, still give the recorded numbers?
replay: RECORD := results/baseline-v0/cpu
replay: $(VENV)/.installed
	@$(BIN)/tinker replay "$$($(BIN)/python -c '$(FIRST_ID)' $(RECORD)/record.json)" --results $(RECORD)

install: $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("tinker needs Python 3.11 or newer; name one with PYTHON=" if sys.version_info < (3, 11) else 0)'
	@echo "making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "installing tinker and what it needs from requirements.txt into $(VENV): a few minutes, most of it PyTorch"
	@$(BIN)/python $(PIP) install $(EXTRA_INDEX) -c requirements.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing the development tools into $(VENV)"
	@$(BIN)/python $(PIP) install $(EXTRA_INDEX) -c requirements.txt -e '.[dev]'
	@touch $@

# A new requirements.txt out of the newest releases that pyproject.toml allows; the comment at its head stays.
lock:
	@echo "resolving into an environment of its own: a few minutes"
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$(PYTHON) -m venv "$$scratch/venv"; \
	"$$scratch/venv/bin/python" $(PIP) install $(EXTRA_INDEX) '.[dev,wandb,mlflow]'; \
	sed -n '/^#/p' requirements.txt > "$$scratch/lock"; \
	"$$scratch/venv/bin/python" $(PIP) freeze --all --exclude pip --exclude tinker-matrix \
		| sed -E 's/\+[A-Za-z0-9.]+$$//' | tr 'A-Z_' 'a-z-' | grep -Ev '$(NOT_LOCKED)' | LC_ALL=C sort >> "$$scratch/lock"; \
	cp "$$scratch/lock" requirements.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
