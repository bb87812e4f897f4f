# Everything a developer or a first user does; each target sets up what it needs and may be run again at any time.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test sanitize check format bench clean

VENV   := .venv
PYTHON := $(VENV)/bin/python
ARGS   ?=

# The system packages that the targets need, by the command or file that shows them to be there.
# curl: the documents' commands use it, and the tests run these. tesseract: reads the plates in pictures.
SYSTEM_PACKAGES = $(strip \
  $(if $(shell command -v curl),,curl) \
  $(if $(shell command -v gcc),,gcc libc6-dev) \
  $(if $(shell python3 -c 'import os,sysconfig; print(int(os.path.exists(os.path.join(sysconfig.get_paths()["include"],"Python.h"))))' 2>/dev/null | grep 1),,python3-dev) \
  $(if $(shell command -v tesseract),,tesseract-ocr) \
  $(if $(shell python3 -c 'import ensurepip, venv; print(1)' 2>/dev/null),,python3-venv))

# node runs the receiver of docs/webhooks.md. The tests start PostgreSQL servers of their own.
POSTGRESQL = /usr/lib/postgresql/*/bin/initdb
TEST_PACKAGES = $(strip \
  $(if $(shell command -v node),,nodejs) \
  $(if $(wildcard $(POSTGRESQL))$(shell command -v initdb),,postgresql))
# Installing it would start a server for the whole machine, unless this is there meanwhile.
NO_SERVER := /etc/postgresql-common/createcluster.d/platematch.conf
WITHOUT_SERVER = $(SUDO) mkdir -p $(dir $(NO_SERVER)) && echo create_main_cluster=false | $(SUDO) tee $(NO_SERVER) >/dev/null &&

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# $(call INSTALL,PACKAGES,PREPARATION &&): installs them by apt, or says who must.
define INSTALL
command -v apt-get >/dev/null || \
  { echo "platematch: please install: $(1) (no apt-get here)" >&2; exit 1; }; \
test -z "$(SUDO)" || command -v sudo >/dev/null || \
  { echo "platematch: please have an administrator run: apt-get install $(1)" >&2; exit 1; }; \
echo "setup: system packages: $(1)"; \
$(SUDO) apt-get update -qq && $(2) $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) >/dev/null
endef

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.ready ## system packages (apt), virtual environment, C extension

$(VENV)/.ready: pyproject.toml setup.py $(wildcard native/*.[ch])
	@command -v python3 >/dev/null || \
	  { echo "platematch: python3 (3.11 or newer) is missing: apt-get install python3 python3-venv python3-dev" >&2; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "platematch: Python 3.11 or newer is needed, python3 is $$(python3 --version);" \
	    "Debian 12 and Ubuntu 24.04 have it" >&2; exit 1; }
	@$(if $(SYSTEM_PACKAGES),$(call INSTALL,$(SYSTEM_PACKAGES)),true)
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "setup: virtual environment in $(VENV)"; python3 -m venv --clear $(VENV); }
	@echo "setup: Python packages and the C extension (a minute or two the first time)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@
	@echo "setup: done"

demo: setup ## a city in a terminal: cameras, a stolen-vehicle list, hits, webhooks (ARGS="--seconds 20" ends by itself)
	@$(VENV)/bin/platematch demo $(ARGS)

serve: setup ## the service on 127.0.0.1:8080 with an embedded database in ./data
	@$(VENV)/bin/platematch serve $(ARGS)

test: setup ## every test, two at a time
	@$(if $(TEST_PACKAGES),$(call INSTALL,$(TEST_PACKAGES),$(if $(filter postgresql,$(TEST_PACKAGES)),$(WITHOUT_SERVER))),true)
	@$(if $(filter postgresql,$(TEST_PACKAGES)),$(SUDO) rm -f $(NO_SERVER),true)
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

sanitize: setup ## the C extension's tests with sanitizers (address, undefined behaviour, threads), after a try of these
	$(PYTHON) -m pytest -v tests/native/test_native_sanitized.py
	$(PYTHON) tests/sanitized.py

check: setup ## style and types: ruff, mypy, clang-format
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/clang-format --dry-run -Werror native/*.[ch] tests/native/*.[ch]

format: setup ## rewrite the sources in the project's style
	$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format . ; $(VENV)/bin/clang-format -i native/*.[ch] tests/native/*.[ch]

bench: setup ## the benchmarks, each with its floor or rival in the same run
	@for name in match ingest accuracy pictures; do $(PYTHON) -m benchmarks.$$name || exit 1; done

clean: ## remove what setup and the tools made
	rm -rf $(VENV) build *.egg-info platematch/*.so .pytest_cache .mypy_cache .ruff_cache .hypothesis
