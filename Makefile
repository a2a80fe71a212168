# SPDX-License-Identifier: MIT
# A thin front for CMake: the build itself is CMakeLists.txt with the presets of CMakePresets.json.
#   J=N          jobs of the build (default 2)
#   STAGES=...   stages of "make test" (default style quick optimised); scripts/test has them all
#   MIN=M        minutes of "make soak" (default 60)
#   ARGS=...     arguments of the chat server for "make run" and "make run-nodes"
#   PREFIX, DESTDIR for "make install", "make install-debug", "make install-tsan", "make uninstall"
# Each target first asks scripts/setup for what it needs, which says what it installs before it does.
.POSIX:
J = 2
STAGES = style quick optimised
MIN = 60
ARGS =
PREFIX = /usr/local
DESTDIR =
RELEASE = build/release

help:
	@echo 'make run         build the chat server and start it (ARGS="--tcp 0.0.0.0:7000")'
	@echo 'make run-nodes   three of it over PostgreSQL and Redis behind nginx, on this machine'
	@echo 'make test        the gate: style, quick tests under sanitizers, and optimised: some minutes'
	@echo 'make check       everything that a change must pass: an hour'
	@echo 'make nightly     that, packages, bare machines, aarch64: a line a stage in build/nightly.txt'
	@echo 'make soak        what is random, for longer: an hour, or MIN=minutes'
	@echo 'make release     optimised build, programs in $(RELEASE)/bin'
	@echo 'make bench       edo against its peers'
	@echo 'make bench-insn  instruction counts of the hot paths'
	@echo 'make fmt         format the sources'
	@echo 'make lint        format check, tools/tidy, all of clang-tidy'
	@echo 'make docs        book and reference in build/docs'
	@echo 'make install     to $$(DESTDIR)$$(PREFIX), default $(PREFIX)'
	@echo 'make install-debug, install-tsan  beside it: edo-debug, edo-tsan'
	@echo 'make uninstall   takes all of that out again, by the lists $$(PREFIX)/share/edo/installed*.txt'
	@echo 'make dist        edo-VERSION.tar.gz of the last commit, with its hash, in build/dist'
	@echo 'make deb         from that the packages of Debian, in build/deb'
	@echo 'Single steps: cmake --preset debug; cmake --build --preset debug; ctest --preset debug'

run:
	@scripts/setup run
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(J) --target edo-chat
	@mkdir -p build/run
	@scripts/run $(RELEASE)/bin/edo-chat $(ARGS)

run-nodes:
	@scripts/setup run-nodes
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(J) --target edo-chat
	@scripts/run-nodes $(RELEASE)/bin/edo-chat $(ARGS)

test:
	@scripts/setup test
	@scripts/test -j $(J) $(STAGES)

check:
	@scripts/setup check
	@scripts/test -j $(J)

nightly:
	@scripts/setup check
	@scripts/nightly -j $(J)

soak:
	@scripts/setup soak
	@scripts/soak -j $(J) -m $(MIN)

release:
	@scripts/setup release
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(J)

bench: release
	@scripts/setup bench
	@bench/build-peers
	@bench/run
	@bench/http
	@bench/web
	@bench/crud
	@bench/ws
	@bench/sse
	@bench/pages
	@bench/chat
	@bench/crowd
	@bench/nodes
	@bench/ladder
	@bench/threads
	@bench/blog

bench-insn: release
	@scripts/setup bench-insn
	@bench/insn

fmt:
	@scripts/setup fmt
	@scripts/format

lint:
	@scripts/setup lint
	@scripts/lint --all

docs:
	@scripts/setup docs
	@scripts/docs

install:
	@scripts/setup install
	@cmake --preset release -DCMAKE_INSTALL_PREFIX='$(PREFIX)' >/dev/null
	@cmake --build --preset release -j $(J) --target edo_installed
	@DESTDIR='$(DESTDIR)' cmake --install $(RELEASE)

install-debug install-tsan:
	@scripts/setup $@
	@cmake --preset $@ -DCMAKE_INSTALL_PREFIX='$(PREFIX)' >/dev/null
	@cmake --build --preset $@ -j $(J) --target edo_installed
	@DESTDIR='$(DESTDIR)' cmake --install build/$@

# All three; what is installed there by others stays.
uninstall:
	@scripts/uninstall '$(DESTDIR)' '$(PREFIX)'

dist:
	@scripts/setup dist
	@scripts/dist

deb:
	@scripts/setup deb
	@scripts/deb -j $(J)

.PHONY: help run run-nodes test check soak release bench bench-insn fmt lint docs install install-debug install-tsan uninstall dist deb
