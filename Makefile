# Two commands matter: `make run` and `make test`. Both build .venv first; it is built again only when what it is made of changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
ASSETS := coord_service/web/static/vendor/complete
WITNESS := node_modules/ical.js/ical.cjs
PYTEST_ARGS ?= -n 2 --dist loadgroup

.PHONY: install run test check bench fuzz explore peers format lock
.DELETE_ON_ERROR:

install: $(INSTALLED) $(ASSETS) $(WITNESS)

run: install
	@$(BIN)/coord demo

test: install
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

# Figures, a JSON line each: ratios within one run, since machines differ. BENCH=slots runs one of them.
bench: install
	$(BIN)/python -m tests.benchmarks $(BENCH)

# Bent messages against the reader of invitations until the time is up; findings are kept in .coord/fuzz.
fuzz: install
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),20) --seed $(or $(SEED),1)

# Every property with other examples than `make test` has, and twenty times as many. What is found goes into the tests as
# a case of its own, by a name that says what was wrong. EXPLORE=tests/domain looks there alone.
explore: install
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m hypothesis --hypothesis-profile=explore $(EXPLORE)

# Against servers as Debian has them; installs them first where they are missing (as root). PEER=mail: one of them.
peers: install
	$(BIN)/python -m tests.peers $(PEER)

format: install
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# The lock says what to install and its hashes, never where from: that is the machine's business.
lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev \
		--no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "coord-service needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

# uv comes out of the lock too, so that its hash is checked like any other.
$(BIN)/uv: | $(BIN)/python
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.txt

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(ASSETS): tools/static_assets.py | $(INSTALLED)
	$(BIN)/python tools/static_assets.py

# Thunderbird's parser, which reads in the tests what we write.
$(WITNESS): tools/ical_js.py tools/static_assets.py | $(INSTALLED)
	$(BIN)/python -m tools.ical_js
	@touch $@
