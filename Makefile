# Short names for everything a newcomer needs; the work is done by CMake, ctest and scripts/.
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
BUILD := build/release

.PHONY: help demo build test check bench tidy format install setup-build setup-test setup-check \
        programs

help:
	@echo 'make demo     build, then triage the example tickets (report in build/demo/report.html)'
	@echo 'make build    build/bin/ganglion'
	@echo 'make test     build and run all tests, formatting and style checks'
	@echo 'make check    make test under the sanitizers, fuzz targets, cross-compilation for aarch64'
	@echo 'make bench    print the tables of docs/performance.md and docs/quality.md'
	@echo 'make tidy     levels, sizes and names (tools/tidy), clang-format, clang-tidy'
	@echo 'make format   rewrite the sources with clang-format'
	@echo 'make install  install below PREFIX (default /usr/local)'

setup-build:
	@scripts/setup.sh build
setup-test:
	@scripts/setup.sh test
setup-check:
	@scripts/setup.sh check

# Tests and benchmarks are configured out here, so that `make demo` needs neither.
build: setup-build
	@cmake --preset release -DGANGLION_TESTS=OFF -DGANGLION_BENCHMARKS=OFF >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)

programs: setup-test
	@cmake --preset release -DGANGLION_TESTS=ON -DGANGLION_BENCHMARKS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)

demo: build
	@scripts/demo.sh

test: programs
	@scripts/test.sh

check: setup-check
	@scripts/check.sh

bench: programs
	@scripts/bench.sh

tidy: setup-test
	@scripts/tidy.sh

format: setup-test
	@git ls-files '*.cc' '*.h' | xargs clang-format-14 -i

install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)
