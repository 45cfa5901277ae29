# Everything runs in a virtual environment that make creates. PYTHON=... chooses another interpreter.
found = $(firstword $(foreach name,$(1),$(shell command -v $(name))))
PYTHON ?= $(or $(call found,python3.11 python3.12 python3.13 python3),python3)
BIN := .venv/bin
READY := .venv/ready
CODE := $(shell find rmt_utils -name '*.py' -o -name '*.mplstyle' | LC_ALL=C sort | xargs cat runs/*.json requirements.lock | cksum | cut -d ' ' -f 1)
EXECUTED := figures/.code-$(CODE)
APT := test -f /etc/debian_version && test "$$(id -u)" = 0 && apt-get -qq update && \
       DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y

.PHONY: book pdf test figures lab bench lock clean chromium fashion-mnist

book: $(READY) $(EXECUTED) fashion-mnist  ## the website, in _build/html
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book is in _build/html/index.html"

pdf: $(READY) $(EXECUTED) fashion-mnist chromium  ## the whole book, in _build/book.pdf
	$(BIN)/jupyter-book build . --builder singlehtml -W -n --keep-going
	$(BIN)/python book/print_pdf.py _build/singlehtml _build/book.pdf

test: $(READY) chromium fashion-mnist  ## every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2  # two processes of one thread each

figures: $(READY) fashion-mnist  ## every figure, in figures/
	$(BIN)/python -m rmt_utils.book.notebooks --profile book --figures figures
	cp figures/01_linear_setting/fig-samples-patches.png book/_static/overview.png
	cp figures/05_deep_networks/fig-net-samples.png book/_static/networks.png

lab: $(READY) fashion-mnist  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks

bench: $(READY) chromium  ## ratios of time and memory; of the site, if make book has built it
	$(BIN)/python benchmarks/core.py
	$(BIN)/python benchmarks/spectral.py
	$(BIN)/python benchmarks/population.py
	$(BIN)/python benchmarks/mixture.py
	$(BIN)/python benchmarks/forecast.py
	$(BIN)/python benchmarks/networks.py
	PYTHONPATH=book $(BIN)/python benchmarks/site.py

lock:  ## requirements.lock anew from pyproject.toml
	rm -rf .venv && $(PYTHON) -m venv .venv && $(BIN)/pip install -q -e '.[test]'
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

clean:  ## remove all that make has made
	rm -rf .venv _build figures *.egg-info

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { $(APT) python3-venv && $(PYTHON) -m venv .venv; } || \
	  { echo "The venv module of $(PYTHON) does not work: install it (Debian: python3-venv)"; exit 1; }
	$(BIN)/pip install -q -r requirements.lock
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

# Executed chapters are kept only as long as the code and the packages that they ran with.
$(EXECUTED):
	rm -rf figures _build
	@mkdir -p figures && touch $@

chromium: $(READY)
	@test -n "$$RMT_CHROMIUM" || test -n "$(call found,chromium chromium-browser google-chrome)" || \
	  { $(APT) chromium > /dev/null; } || $(BIN)/playwright install chromium || \
	  { echo "The tests need Chromium: install it, or set RMT_CHROMIUM to its path"; exit 1; }

fashion-mnist: $(READY)
	@test -n "$$RMT_FASHION_MNIST" || test -d /usr/share/datasets/fashion-mnist || \
	  { $(APT) dataset-fashion-mnist > /dev/null; } || true
	@$(BIN)/python -c "import rmt_utils; rmt_utils.load_images('fashion-mnist', n_images=1)" 2> .venv/log || \
	  { tail -n 1 .venv/log; exit 1; }
