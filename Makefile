# Two commands do everything: `make ask` and `make test`. Both set up .venv by themselves, once.

PYTHON ?= python3
Q ?= When will Sora ship?
export Q

.PHONY: ask test lint types benchmark large measure calibrate fit clean
.SILENT:

# A stamp beside the packages remembers that they are installed; it is made again when what is asked for changes.
.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Shipdate needs Python 3.11 or newer; name one with: make ask PYTHON=python3.12")'
	echo "Setting up .venv (a few minutes, once) ..." >&2
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/.installed-dev: .venv/.installed
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

ask: .venv/.installed
	.venv/bin/shipdate demo "$$Q"

# Two processes side by side, a core each: PyTorch's threads would only get in each other's way.
test: .venv/.installed-dev
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.installed-dev
	.venv/bin/ruff check . && .venv/bin/ruff format --check .

types: .venv/.installed-dev
	.venv/bin/mypy

benchmark: .venv/.installed-dev
	.venv/bin/python -m pytest tests/benchmarks -s -p no:cacheprovider -o addopts=

# The numbers of passages; 1e6 takes a quarter of an hour.
SIZES ?= 1e4 1e5
large: .venv/.installed-dev
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[benchmark]'
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python -m tests.benchmarks.large $(SIZES) $(ARGS)

# All figures of this machine, in an hour in which it does nothing else; PEERS names the Python that has the peers, if any has.
measure: .venv/.installed-dev
	.venv/bin/python -c 'from tests.benchmarks.measuring import machine; print(machine())'
	-$(MAKE) benchmark
	$(MAKE) large SIZES="1e4 1e5 1e6 3e6"
	test -z "$(PEERS)" || .venv/bin/python -m tests.benchmarks.peers --python "$(PEERS)"

calibrate: .venv/.installed-dev
	.venv/bin/python -m tests.benchmarks.calibrate

fit: .venv/.installed-dev
	.venv/bin/python -m tests.benchmarks.fit

clean:
	rm -rf .venv
