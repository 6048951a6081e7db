# Doorstep 到家. Every target does its own set-up; what is already there and up to date is not done again.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-phone demo-browser test check fix bench fleet schemas setup lock fonts browser clean

PYTHON ?= $(shell scripts/find-python.sh)
VENV := .venv
RUN := $(VENV)/bin
PYTHON_READY := $(VENV)/.ready
NODE_READY := pwa/node_modules/.ready
PWA_BUILT := pwa/dist/sw.js
PWA_SOURCES := $(shell find pwa/src pwa/public pwa/vite pwa/tools -type f 2>/dev/null) $(wildcard pwa/*.html pwa/*.ts pwa/*.json) \
	schemas/codes.json schemas/services.json

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(PYTHON_READY) $(PWA_BUILT) fonts ## The product with a sample district, on this machine (Ctrl-C ends it)
	@$(RUN)/doorstep demo

demo-phone: $(PYTHON_READY) $(PWA_BUILT) fonts ## The same for phones in this network: HTTPS, the address as a QR code
	@$(RUN)/doorstep demo --phone

demo-browser: $(PYTHON_READY) browser ## Beside a running demo: a phone whose camera sees the card and that stands at the home
	@PYTHONPATH=tests $(RUN)/python scripts/demo_browser.py

test: $(PYTHON_READY) $(NODE_READY) $(PWA_BUILT) fonts browser ## Everything: checks, contract, unit, database, browsers
	@scripts/test.sh

check: $(PYTHON_READY) $(NODE_READY) ## Only the checks that run nothing: ruff, pyright, TypeScript
	@scripts/test.sh check

fix: $(PYTHON_READY) ## Let ruff mend and format the Python
	@$(RUN)/ruff check --fix; $(RUN)/ruff format

bench: $(PYTHON_READY) $(PWA_BUILT) browser ## Check-ins against the limit that pgbench shows; tap to “stored” on a slow phone; reminders per second
	@PYTHONPATH=tests $(RUN)/python -m bench

fleet: $(PYTHON_READY) ## Simulated phones with every fault against the real server: SEED=1 SEEDS=20 PHONES=200 DAYS=30 BREAK=lock
	@PYTHONPATH=tests $(RUN)/python -m fleet --seed $(or $(SEED),1) --seeds $(or $(SEEDS),$(if $(SEED),1,20)) \
		--phones $(or $(PHONES),200) --days $(or $(DAYS),30) $(if $(BREAK),--break $(BREAK)) $(FLEET)

schemas: $(PYTHON_READY) $(NODE_READY) ## Write schemas/ and the PWA's types again from the code
	@$(RUN)/python -m doorstep.schemas
	@cd pwa && npm run --silent types

setup: $(PYTHON_READY) $(NODE_READY) $(PWA_BUILT) fonts browser ## Only install and build

lock: ## Pin the Python packages again after a change of pyproject.toml
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	@CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --extra dev \
		--strip-extras --output-file requirements.lock pyproject.toml
	@# Where this machine gets its packages from is its own affair: lines that are options, not packages, go.
	@sed -i.whole -e '/^--/d' -e '/^$$/d' requirements.lock && rm requirements.lock.whole

clean: ## Remove what was built and installed; data/ stays
	rm -rf $(VENV) pwa/node_modules pwa/dist tests/output .pytest_cache .ruff_cache .hypothesis

$(PYTHON_READY): requirements.lock pyproject.toml
	@scripts/setup-system.sh python
	@$(RUN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "Python packages …"
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(NODE_READY): pwa/package-lock.json
	@scripts/setup-system.sh node
	@echo "Node packages …"
	@cd pwa && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PWA_BUILT): $(NODE_READY) $(PWA_SOURCES)
	@echo "The PWA …"
	@cd pwa && npm run --silent build >/dev/null
	@touch $@

fonts: $(PYTHON_READY)
	@scripts/setup-system.sh fonts

browser:
	@scripts/setup-system.sh browser firefox
	@# The nearest thing to an iPhone's browser that a Linux can have; without it the suite runs in the other two.
	@scripts/setup-system.sh webkit || true
