# `make qualify` judges models, `make test` tests sertify itself; both set themselves up.

PYTHON ?= python3
CANDIDATES ?= fixtures/candidates.yaml
DATA ?= fixtures/speech/test
REPORTS ?= reports
ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
# A file of tests is one worker's, for its tests share what is expensive to make.
TESTS := $(BIN)/python -m pytest tests/meta tests/chaos --doctest-modules src/sertify \
	-n auto --dist loadfile --no-loadscope-reorder

# Tests start many processes: each would compile all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help qualify check test chaos bench docs release lint lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

qualify: $(READY) ## judge CANDIDATES on DATA (default: the embedded ones)
	$(BIN)/python -m pytest --candidates '$(CANDIDATES)' $(if $(DATA),--data '$(DATA)') --reports '$(REPORTS)' $(ARGS)

check: lint ## check the code and run the quick ones of the project's own tests
	$(TESTS) -m 'not slow' $(ARGS)

test: lint ## check the code and run all of the project's own tests
	$(TESTS) $(ARGS)
	@echo "All of sertify's own tests have passed; 'make qualify' judges models."

chaos: $(READY) ## do to a run whatever can be done to one, the long form (an hour)
	SERTIFY_CHAOS=long SERTIFY_FUZZ=25 $(BIN)/python -m pytest tests/chaos -n auto --dist loadfile $(ARGS)

bench: $(READY) ## measure what sertify costs, and compare it with the record (hours)
	rm -f .benchmarks/engine.json
	$(BIN)/python -m benchmarks.engine --out .benchmarks/engine.json $(ARGS)
	$(BIN)/python -m benchmarks.compare benchmarks/results/engine.json .benchmarks/engine.json

docs: $(READY) ## build the documentation into build/docs
	$(BIN)/python -m sphinx -W --keep-going -n -q docs build/docs

release: $(READY) ## build the archives in dist/, check them and try the wheel
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/python ci/release.py

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sertify needs Python >= 3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs]'
	@touch $@

lock: $(READY) ## write the versions in .venv to constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt

clean: ## remove the environment and all that runs have written
	rm -rf .venv build dist .benchmarks .mypy_cache .pytest_cache .ruff_cache reports/*.json reports/*.html reports/*.xml reports/*.md reports/*.sqlite*
