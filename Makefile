# make demo    install what is missing, build, run a whole trial, say what to do next
# make test    the everyday tests
# make bench   benchmarks against peers and the wire (about three quarters of an hour; BENCH_ROWS=4,5,6
#              measures these rows alone, BENCH_SECONDS and BENCH_ROUNDS shorten)
# make bench-evidence   journal, derivation, build and verification against plain reading and writing
#              (BENCH_ROUNDS, BENCH_MEGABYTES, BENCH_OUT)
# make bench-verdicts   how fast recorded signals are judged, against rtamt, and numpy with h5py
#              (BENCH_ROUNDS, BENCH_SAMPLES, BENCH_OUT)
# make crash-test COUNT=100   kill the daemon that many times while it starts, while it records and
#              while it finishes, and have it killed or refused at every changing system call of a run;
#              cut the power as often by a model and two fifths as often on an ext4; a table of it all
# make tamper-test         change every byte of a small sealed trial, and verify each time
# make fuzz SECONDS=600   each fuzz target for so long (needs cargo-fuzz; TARGETS="wire journal" names some)
# make soak HOURS=72 SECONDS=600   a trial of days, compressed, under a memory cap
# make traps    what rtamt, OpenHTF and this evaluator answer to the traps of evaluation, as a table
# make picture  the readme's pictures, taken anew
# make deps    what the build and the tests need: a CMake, Python peers, system packages
# make clean   remove everything that make wrote

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := demo

TARGET := $(or $(CARGO_TARGET_DIR),target)
PURE := -p words -p trial -p wire -p journal -p verdict
WHOLE := -p trialfile -p evidence -p rigs -p daq -p viewer -p suite -p fuzzing
COUNT ?= 100
SECONDS ?= 600
HOURS ?= 72

.PHONY: demo test bench bench-evidence bench-verdicts crash-test tamper-test fuzz soak traps picture deps build-deps lint clean

build-deps:
	@scripts/deps build

deps:
	@scripts/deps build test

demo: build-deps
	cargo build --release --locked -p daq -p viewer
	@$(TARGET)/release/daq demo --out "demo-out/$$(date +%Y%m%d-%H%M%S)" || [ $$? -eq 3 ]

test: deps
	cargo build --release --locked -p daq -p viewer -p rigs
	cargo test --locked $(PURE)
	cargo test --release --locked $(WHOLE)

lint: deps
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

bench: deps
	cargo build --release --locked -p daq -p rigs
	cargo bench --locked -p suite --bench against_peers

bench-evidence: deps
	cargo bench --locked -p suite --bench evidence

bench-verdicts: deps
	cargo build --release --locked -p daq
	cargo bench --locked -p suite --bench verdicts

crash-test: deps
	cargo build --release --locked -p daq -p rigs
	@rm -f $(TARGET)/crash-summary.jsonl
	export CRASH_COUNT=$(COUNT) CRASH_SUMMARY="$$(realpath $(TARGET))/crash-summary.jsonl"; ended=0; \
	cargo test --release --locked --no-fail-fast -p suite \
	    --test crash --test fault_kill --test fault_power -- --nocapture || ended=$$?; \
	cargo test --release --locked -q -p suite --test crash_summary -- --nocapture; \
	exit $$ended

tamper-test: deps
	cargo build --release --locked -p daq -p rigs
	TAMPER_BYTES=all cargo test --release --locked -p suite --test fault_tamper -- --nocapture

fuzz: build-deps
	scripts/fuzz $(SECONDS)

soak: deps
	cargo build --release --locked -p daq -p viewer -p rigs
	SOAK_HOURS=$(HOURS) SOAK_SECONDS=$(SECONDS) cargo test --release --locked -p suite --test soak -- --nocapture

# The pictures of the readme: a demonstration in the viewer, in both languages.
picture: deps
	cargo build --release --locked -p daq -p viewer
	rm -rf demo-out/picture
	$(TARGET)/release/daq demo --out demo-out/picture >/dev/null || [ $$? -eq 3 ]
	for pair in en:picture.png zh:picture.zh.png; do \
	    xvfb-run -a $(TARGET)/release/viewer demo-out/picture/DEMO-0001-r01.h5 --size 1280x800 \
	        --lang $${pair%%:*} --screenshot viewer/$${pair##*:}; \
	done

traps: deps
	TRAPS_WRITE=1 cargo test --release --locked -q -p suite --test traps -- --nocapture

clean:
	rm -rf $(TARGET) .deps demo-out bench-out
