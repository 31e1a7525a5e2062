# make            what there is
# make demo       a shop, a Sage and orders flowing between them, on this machine
# make test lint  the proof of every day;  make proof  the heavy ones

VENV := .venv
PYTHON := $(VENV)/bin/python
MANAGE := $(PYTHON) manage.py
# Three keep two cores busy: a test waits for its browser, database or sandbox now and then. Each has a database of its own.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test proof lint bench screenshots messages format migrations stop clean

help: ## What there is (this list)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo ONCE=1   runs until nothing is due, prints the summary and ends;  RESET=1 starts afresh"
	@echo "  make test T='tests/mappings -k item'   runs some of the tests"

demo: $(VENV)/installed ## Shop, Sage, database, web, workers and clock on this machine, until Ctrl-C
	@$(MANAGE) demo $(if $(ONCE),--once) $(if $(RESET),--reset)

test: $(VENV)/installed-dev ## The test suite (some ten minutes on two cores)
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m "not proof" $(T)

proof: $(VENV)/installed-dev ## The heavy proofs: kills, many processes, large tables
	$(PYTHON) -m pytest -m proof $(T)

# sqlite: comparing models with migrations needs no server.
lint: $(VENV)/installed-dev ## Style, types, import contracts, missing migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	DEBUG=on DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run

bench: $(VENV)/installed-dev ## Measures, as ratios within one run
	$(PYTHON) -m bench $(T)

# Needs Chromium and pngquant (Debian: chromium, pngquant).
screenshots: $(VENV)/installed-dev ## The pictures in docs/images: every page, English and light, French and dark
	$(PYTHON) -m pytest tests/browser/pictures.py

# Needs the gettext tools (Debian: gettext). Templates go to syncbridge's catalogue, the texts of an application to its own.
messages: $(VENV)/installed-dev ## Texts of the source into the French catalogues, and these compiled
	DEBUG=on DATABASE_URL=sqlite://:memory: $(MANAGE) makemessages -l fr --no-location --no-obsolete \
		--ignore $(VENV) --ignore var --ignore tests --ignore bench
	DEBUG=on DATABASE_URL=sqlite://:memory: $(MANAGE) compilemessages --ignore $(VENV)

format: $(VENV)/installed-dev ## Let ruff lay out the code
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

stop: $(VENV)/installed ## Stop the embedded PostgreSQL and Redis server
	@$(MANAGE) embedded stop

clean: ## Delete the evaluation's data, generated secrets and the virtual environment
	@if [ -x $(PYTHON) ] && [ -d var ]; then VAR_DIR=var $(MANAGE) embedded erase; fi
	rm -rf var staticfiles $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Installed once per lock file: pip verifies every hash. The development lock contains the other one.
$(VENV)/installed: requirements.txt
	@[ -e $(VENV)/installed-dev ] || { ./.ci/venv $(VENV) && $(PYTHON) -m pip install -q --require-hashes -r requirements.txt; }
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt
	@./.ci/venv $(VENV)
	@$(PYTHON) -m pip install -q --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/installed
