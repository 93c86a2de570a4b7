# Two commands: `make demo` and `make test`. Both set up .venv by themselves.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= out
SOAK ?=
SIZES ?= 1000 3000 10000
SEED ?= $(shell $(PYTHON) -c "import secrets; print(secrets.randbits(32))")

.PHONY: setup demo kiosk test lint types soak bench words pictures web fmt wheel lock clean

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (a minute or two the first time)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/pbvote demo --out $(OUT)/demo --force

kiosk: setup
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

# The kiosk's messages, gathered from the code and compiled; says what isn't translated.
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

# Versions pinned with hashes; the file names no registry.
lock: setup
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --extra dev --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-header \
	  --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv dist build $(OUT)
