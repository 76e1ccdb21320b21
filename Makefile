# Every command of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps demo test bench attacks honest mutants fuzz install format lint clean

PREFIX  ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60

# Static standard library, stripped: 4 MB resident for an empty program against 19.
RELEASE := swift build -c release --static-swift-stdlib -Xlinker -s
BINARIES := .build/release
STYLE_PATHS := Package.swift Sources Tests netsim bootstrap

# The debug backtracer can hang on a crash; a crash must end a run instead.
export SWIFT_BACKTRACE := enable=no

help: ## list the commands
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

deps: ## install the Debian packages that the build needs (as root), or print the command that does
	@.ci/deps

demo: deps ## render a scene over a real peer network on this machine, prove every tile, write out/demo.{png,exr}
	@for product in node bootstrap; do $(RELEASE) --product $$product; done
	@bootstrap/demo.sh

test: ## style, warnings, unit, property, vector, simulation, interoperation and system tests
	@.ci/deps --tests
	@.ci/test

bench: deps ## measure the network, the renderer, the proofs and the store
	@$(RELEASE) --product node
	@for part in net render proof store; do $(BINARIES)/node bench $$part; done

attacks: deps ## attack the proofs at full scale, print the rates with their intervals
	@swift build -c release --product AttackLab
	@$(BINARIES)/AttackLab

honest: deps ## check 10,000 honest tasks over six builds of the kernels: none may be rejected
	@swift build -c release --product AttackLab
	@.ci/honest full

mutants: deps ## disable each countermeasure in turn and require its test to fail
	@.ci/mutants

fuzz: deps ## run every target of Tests/Fuzz for FUZZ_SECONDS each (60)
	@.ci/fuzz $(FUZZ_SECONDS)

install: deps ## build a release and install it under PREFIX (/usr/local)
	@for product in node bootstrap netsim; do $(RELEASE) --product $$product; done
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/inferix/networks"
	install -m 0755 $(BINARIES)/node $(BINARIES)/bootstrap $(BINARIES)/netsim "$(DESTDIR)$(PREFIX)/bin/"
	install -m 0644 bootstrap/networks/*.toml "$(DESTDIR)$(PREFIX)/share/inferix/networks/"

format: ## rewrite the sources in the project's style
	@swift format -i -r -p $(STYLE_PATHS)

lint: ## fail on any departure from the project's style
	@swift format lint -r -s -p $(STYLE_PATHS)

clean: ## remove everything that was built
	@rm -rf .build out
