# Two commands: `make demo` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= out
SOAK ?=
SIZES ?= 1000 3000 10000
SEED ?= $(shell $(PYTHON) -c "import secrets; print(secrets.randbits(32))")

.PHONY: setup demo kiosk test lint types soak bench words pictures web fmt wheel lock clean

PIP := $(BIN)/python -m pip --disable-pip-version-check

setup: .venv/tools

# What the programs run on.
.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (a minute or two the first time)"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What tests, lint and benchmarks run on besides; of the peers not the solvers they would bring.
.venv/tools: .venv/ready requirements-dev.lock requirements-peers.lock
	@echo "Adding what tests need (a minute or two the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-peers.lock
	@touch $@

demo: .venv/ready
	@$(BIN)/pbvote demo --out $(OUT)/demo --force

kiosk: .venv/ready
	@$(BIN)/pbvote tryout start --out $(OUT)/kiosk

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --verbose

types: setup
	$(BIN)/mypy

test: lint types
	$(BIN)/pytest --numprocesses 2 --dist worksteal --benchmark-disable -rs

soak: setup
	$(BIN)/pytest --soak --seed $(SEED) --numprocesses 2 --dist worksteal --benchmark-disable -rs $(SOAK)

bench: setup
	$(BIN)/pytest benchmarks --benchmark-only --benchmark-columns=min,median,rounds -s
	$(BIN)/python benchmarks/growth.py $(SIZES)

# The messages of kiosk, tally and paper, gathered from the code and compiled; says what isn't translated.
words: setup
	$(BIN)/python kiosk/catalogues.py

# The pictures of docs/kiosk and docs/results.png, taken from the real program.
pictures: setup
	$(BIN)/python kiosk/pictures.py
	$(BIN)/python tally/picture.py

# The script of the results site, from tally/web; needs node and npm.
web:
	cd tally/web && npm ci && npm run types && npm run build

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: setup
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

# Versions pinned with hashes; the files name no registry.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-header \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
SOLVERS := cbcbox highspy pyscipopt pandas matplotlib contourpy cycler fonttools kiwisolver pyparsing
lock: setup
	$(COMPILE) --allow-unsafe --extra build --extra dev \
	  --output-file requirements-dev.lock pyproject.toml
	$(COMPILE) --allow-unsafe --extra build -c requirements-dev.lock \
	  --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra build --extra dev --extra peers -c requirements-dev.lock \
	  $(addprefix --unsafe-package ,pip setuptools $(SOLVERS)) \
	  --output-file requirements-peers.lock pyproject.toml

clean:
	rm -rf .venv dist build $(OUT)
