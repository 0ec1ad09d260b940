# Short names for what CONTRIBUTING.md explains.
.PHONY: all test check format docs bench clean

all: check

.venv:
	python3 -m venv .venv
	.venv/bin/pip install -q -e '.[dev]'

test: .venv
	.venv/bin/pytest

check:
	.ci/run

format: .venv
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

docs: .venv
	.venv/bin/python docs/generate.py

bench: .venv
	.venv/bin/python benchmarks/run.py

clean:
	rm -rf build dist .venv
