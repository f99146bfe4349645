# Two commands do everything: `make ask` and `make test`. Both set up .venv by themselves, once.

PYTHON ?= python3
Q ?= When will Sora ship?
export Q

.PHONY: ask test test-all lint types benchmark large measure calibrate fit docs lock clean
.SILENT:

PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check
# Only files whose hashes constraints.txt has, and none that would have to be built, which runs whatever stands in it.
LOCKED = $(PIP) --require-hashes --only-binary :all: --constraint constraints.txt

# A stamp beside the packages remembers that they are installed; it is made again when what is asked for changes.
.venv/.pip: requirements/pip.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Shipdate needs Python 3.11 or newer; name one with: make ask PYTHON=python3.12")'
	echo "Setting up .venv (a few minutes, once) ..." >&2
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) --require-hashes --requirement $<
	touch $@

# The builds of PyTorch: see requirements/torch-cpu.txt. Hashes of a folder there are none, so what the project needs is installed before it.
.venv/.installed: .venv/.pip pyproject.toml constraints.txt requirements/torch-cpu.txt
	$(PIP) --require-hashes --only-binary :all: --no-deps --requirement requirements/torch-cpu.txt 2>/dev/null || true
	.venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' > .venv/needed.txt
	$(LOCKED) --group build --requirement .venv/needed.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.installed-dev: .venv/.installed
	$(LOCKED) --group dev
	touch $@

ask: .venv/.installed
	.venv/bin/shipdate demo "$$Q"

# Two processes side by side, a core each: PyTorch's threads would only get in each other's way. One process for a file or a folder:
# it starts sooner.
PYTEST = OMP_NUM_THREADS=1 .venv/bin/python -m pytest $(if $(findstring tests/,$(ARGS)),,-n 2 --dist loadfile --no-loadscope-reorder)

# What is quick; ARGS names a file, or options of pytest.
test: .venv/.installed-dev
	$(PYTEST) -m "not slow" $(ARGS)

# Everything, with what kills processes, waits for deadlines and floods.
test-all: .venv/.installed-dev
	$(PYTEST) $(ARGS)

lint: .venv/.installed-dev
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports

types: .venv/.installed-dev
	.venv/bin/mypy

benchmark: .venv/.installed-dev
	.venv/bin/python -m pytest benchmarks -s -p no:cacheprovider -o addopts=

# The numbers of passages; 1e6 takes a quarter of an hour.
SIZES ?= 1e4 1e5
large: .venv/.installed-dev
	$(LOCKED) --group benchmark
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.large $(SIZES) $(ARGS)

# All figures of this machine, in an hour in which it does nothing else; PEERS names the Python that has the peers, if any has.
measure: .venv/.installed-dev
	.venv/bin/python -c 'from benchmarks.measuring import machine; print(machine())'
	-$(MAKE) benchmark
	$(MAKE) large SIZES="1e4 1e5 1e6 3e6"
	test -z "$(PEERS)" || .venv/bin/python -m benchmarks.peers --python "$(PEERS)"

calibrate: .venv/.installed-dev
	.venv/bin/python -m tools.calibrate

fit: .venv/.installed-dev
	.venv/bin/python -m tools.fit

# The page of the settings; the others are written by hand.
.PHONY: docs
docs: .venv/.installed-dev
	.venv/bin/python -m tools.settings_doc

# Pins and hashes anew after a change in pyproject.toml; all versions stay that fit. For newer ones: make lock ARGS=--upgrade
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' $(ARGS)
lock: .venv/.pip
	$(LOCKED) uv
	$(COMPILE) pyproject.toml --group build --group dev --group benchmark --output-file constraints.txt
	echo pip | $(COMPILE) - --output-file requirements/pip.txt

clean:
	rm -rf .venv
