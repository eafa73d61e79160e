# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of the project. `make help` lists them; each installs what it needs first (tools/setup).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup lab lab-down test bench lint unit services sanity molecule e2e readme readmes docs clean

# The model whose twin `make lab` raises: a file, or a directory of files.
LAB ?= inventories/lab/cloud.yml
# One role for `make molecule ROLE=host_base`; empty: every scenario.
ROLE ?=
# Further arguments for pytest (`make unit ARGS='-k bond -x'`) or ansible-playbook (`make lab ARGS='--check --diff'`).
ARGS ?=

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
PLAY := ansible-playbook $(ARGS)
PYTEST := python -m pytest

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what the virtual rack needs: Debian packages (one apt call) and .venv; nothing to do: under a second
	@tools/setup lab

lab: setup ## raise the virtual rack (LAB=model), run site.yml on it, prove it; exit 0 only if every proof holds
	tools/lab up $(LAB) $(ARGS)

lab-down: ## take the virtual rack away and leave nothing behind
	@tools/setup lab
	tools/lab down $(LAB) $(ARGS)

test: ## everything CI runs: unit, lint, sanity, bundle, services, Molecule, end to end (GROUNDUP_TEST_STAGES='lint unit' for some)
	@tools/setup test
	tests/run $(ARGS)

# `make bench fleet` measures one part; what follows `bench` is no target then.
ifeq ($(firstword $(MAKECMDGOALS)),bench)
PARTS := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(PARTS): ; @:
.PHONY: $(PARTS)
endif

bench: ## measure; writes build/bench.json; `make bench fleet` measures one part alone
	@tools/setup test
	python tests/bench/run.py $(ARGS) $(PARTS)

lint: ## yamllint, ruff, mypy, ansible-lint, antsibull-changelog, antsibull-docs, fresh READMEs
	@tools/setup test
	tools/lint $(ARGS)

unit: ## tables of given and expected: no daemon, no machine
	@tools/setup test
	$(PYTEST) tests/unit $(ARGS)

services: ## the real daemons on this machine
	@tools/setup test
	$(PYTEST) tests/services $(ARGS)

sanity: ## ansible-test sanity, the tests that work offline
	@tools/setup test
	tools/sanity $(ARGS)

molecule: ## every role in a virtual machine; ROLE=name for one
	@tools/setup test
	GROUNDUP_TEST_STAGES=molecule GROUNDUP_MOLECULE='$(ROLE)' tests/run $(ARGS)

e2e: ## virtual racks with emulated and with hosted control planes, from blank machines to proofs; CI: the second
	@tools/setup test
	$(PYTEST) tests/e2e $(ARGS)

readme readmes: ## write what is generated from the roles' argument specs: READMEs and the modules' typed options
	@tools/setup test
	python tools/readme.py roles/*
	python tools/specs.py

docs: ## build the site of the documentation: build/docs/html
	@tools/setup controller
	tools/docs

clean: ## remove what the commands above wrote into the checkout, .venv excepted
	rm -rf build .cache .mypy_cache .pytest_cache .ruff_cache
