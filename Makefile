# The contract: `make run` and `make test` work on a fresh Debian machine with Python 3.11 and make.
# Everything is done by tests/run.py, which needs nothing but the standard library to start.
.DEFAULT_GOAL := help
.PHONY: run test lint audit cluster pictures help

PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
DRIVER = $(if $(PYTHON),"$(PYTHON)" tests/run.py,echo "Python 3.11 or newer is needed (Debian: apt-get install python3)." >&2; false)

run: ## a first look: environment, database, units, demonstration data, server at 127.0.0.1:8000 (PORT=… SCENE=2026)
	@$(DRIVER) run

test: ## the full test run: style, checks, tests on SQLite and on PostgreSQL, browser walks
	@$(DRIVER) test

lint: ## style and types: ruff, the formatters, mypy
	@$(DRIVER) lint

audit: ## known holes in the pinned packages: asks the advisory service, so it is no part of the tests
	@$(DRIVER) audit

pictures: ## the pictures of the handbook and the README anew, from the demonstration data (needs Chromium)
	.venv/bin/python -m tests.handbook_pictures

cluster: ## two web hosts, two workers, PostgreSQL with a standby on this machine, while parts of it fail (9 minutes)
	@$(DRIVER) cluster $(ONLY)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile
