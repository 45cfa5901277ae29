# Everything runs in a virtual environment that make creates. PYTHON=... chooses another interpreter.
found = $(firstword $(foreach name,$(1),$(shell command -v $(name))))
PYTHON ?= $(or $(call found,python3.11 python3.12 python3.13 python3),python3)
BIN := .venv/bin
READY := .venv/ready
APT := test -f /etc/debian_version && test "$$(id -u)" = 0 && apt-get -qq update && \
       DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y

.PHONY: book pdf slides test test-published figures lab bench environments lock clean chromium fashion-mnist

# book: the website, in _build/html. slides: a deck a chapter, in it. figures: all of them, in figures/. lab: JupyterLab.
# test: the package and the notebooks.
book slides figures lab test: $(READY) fashion-mnist
	$(BIN)/python -m rmt_utils.book $@

# pdf: the whole book, in _build/book.pdf. test-published: the website in a browser, the PDF, slides, notebooks alone in
# a folder. bench: ratios of time and memory, against what README says.
pdf test-published bench: $(READY) fashion-mnist chromium
	$(BIN)/python -m rmt_utils.book $@

# environments: the files of conda, Binder and the dev container, from pyproject.toml.
environments: $(READY)
	$(BIN)/python -m rmt_utils.book $@

# lock: requirements.lock anew from pyproject.toml. From 4.25 on jsonschema builds, in every process that opens a
# notebook, a grammar that nothing here uses, for one to three seconds.
lock:
	rm -rf .venv && $(PYTHON) -m venv .venv && $(BIN)/pip install -q -e '.[test]' 'jsonschema<4.25'
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

clean:  ## remove all that make has made
	rm -rf .venv _build figures *.egg-info

# Compiled by all cores, and without the tests of packages: pip takes a minute for it. A file for another Python fails.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { $(APT) python3-venv && $(PYTHON) -m venv .venv; } || \
	  { echo "The venv module of $(PYTHON) does not work: install it (Debian: python3-venv)"; exit 1; }
	$(BIN)/pip install -q --no-compile -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

# What comes from outside Python: on Debian, as root, from its packages; elsewhere the package downloads it.
chromium: $(READY)
	@test -n "$$RMT_CHROMIUM" || test -n "$(call found,chromium-headless-shell chromium chromium-browser google-chrome)" || \
	  { $(APT) chromium-headless-shell > /dev/null; } || true

fashion-mnist: $(READY)
	@test -n "$$RMT_FASHION_MNIST" || test -d /usr/share/datasets/fashion-mnist || \
	  { $(APT) dataset-fashion-mnist > /dev/null; } || true
	@$(BIN)/python -c "import rmt_utils; rmt_utils.load_images('fashion-mnist', n_images=1)" 2> .venv/log || \
	  { tail -n 1 .venv/log; exit 1; }
