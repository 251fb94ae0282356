# Every target works on a fresh machine with Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Installed when the project file changed since.
INSTALLED := $(VENV)/.installed

.PHONY: demo test check lint types docs bench bench-migration bench-bad-input clean

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

demo: $(INSTALLED)
	$(BIN)/python fixtures/ai-book/demo.py $(BIN)/autofix
	$(BIN)/python fixtures/bookshop/demo.py $(BIN)/autofix

test: $(INSTALLED) lint types
	$(BIN)/pytest -n 2 --maxschedchunk 4

check: $(INSTALLED)
	$(BIN)/pytest -n 2 --maxschedchunk 4 -m "not slow"

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The folders have other names than the packages: type checkers see the packages through links.
types: $(INSTALLED)
	mkdir -p build/typing/autofix
	ln -sfn ../../../fixers ../../../cli build/typing/autofix/
	for entry in engine/*; do ln -sfn ../../../$$entry build/typing/autofix/; done
	$(BIN)/mypy

docs: $(INSTALLED)
	$(BIN)/python -m autofix.documentation

bench: $(INSTALLED)
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/migration.py

bench-migration: $(INSTALLED)
	$(BIN)/python bench/migration.py

bench-bad-input: $(INSTALLED)
	$(BIN)/python bench/bad_input.py

clean:
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache
