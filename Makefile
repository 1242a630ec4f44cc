# Everything runs in .venv, which `make install` builds from nothing but Python 3.11 or newer.

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)
BIN := .venv/bin
SAMPLE := ../shared/awm-sample

.PHONY: install demo test lint benchmark clean

install: .venv/installed

.venv/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "AWM needs Python 3.11 or newer; set PYTHON=/path/to/it." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,gymnasium,hub,inspect,openenv,parquet,ray,verifiers]'
	@touch $@

demo: install
	$(BIN)/awm demo $(wildcard $(SAMPLE))
	$(BIN)/python benchmarks/runtime.py --quick $(wildcard $(SAMPLE))
	$(BIN)/python benchmarks/verifiers.py --quick $(wildcard $(SAMPLE))

test: install lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check

benchmark: install
	$(BIN)/python benchmarks/runtime.py --markdown docs/figures.md $(wildcard $(SAMPLE))
	$(BIN)/python benchmarks/verifiers.py --markdown docs/figures.md $(wildcard $(SAMPLE))
	$(BIN)/python benchmarks/audit.py --markdown docs/figures.md $(wildcard $(SAMPLE))
	$(BIN)/python benchmarks/synthesis.py --markdown docs/figures.md
	$(BIN)/python benchmarks/llm_client.py --markdown docs/figures.md
	$(BIN)/python benchmarks/llm_author.py --markdown docs/figures.md
	$(BIN)/python benchmarks/llm_forms.py --markdown docs/figures.md
	$(BIN)/python benchmarks/rollouts.py --markdown docs/figures.md
	$(BIN)/python benchmarks/mcp_gateway.py --markdown docs/figures.md
	$(BIN)/python benchmarks/openenv_door.py --markdown docs/figures.md
	$(BIN)/python benchmarks/many_worlds.py --markdown docs/figures.md
	$(BIN)/python benchmarks/ray_cluster.py --markdown docs/figures.md

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
