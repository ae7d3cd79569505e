# All targets work on a fresh machine with make and Python 3.11: `setup` runs when it has to.
# Results of `make bench` and `make check-all` are pasted, dated, into docs/measurements.md.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS   ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# what of the final handler is mutated: the decision itself, not the model of what it works on
CHANGED := write_protect_fault unprotect_gfn_or_retry_always unprotect_gfn_and_retry unprotect_and_retry_on_failure \
  zapping_frees_a_page emulate fault_path exit_path guard_matches set_guard clear_guard zap_for_retry \
  is_write_to_guest_page_table mmio_cached
PROOFS := $(filter-out proofs/claim.py, $(sort $(wildcard proofs/*.py)))

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format format-check imports types spec spec-format matrix pytest mutants differential differential-engines fuzz proofs proofs-full bench bench-diff growth check-all clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: $(STAMP) ## a virtual environment in .venv with the package (editable) and its development tools

$(STAMP): pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mmu-smt needs Python 3.11 or newer")'
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup ## the infinite loop before the fix, and the proof after it
	@set -- v2_03 v2_04; for variant; do \
	  echo "$$ mmu-smt check $$variant --config quiet,one_access,svm_direct"; status=0; \
	  $(BIN)/mmu-smt check $$variant --config quiet,one_access,svm_direct || status=$$?; \
	  echo "(exit code $$status)"; test $$status -le 1 || exit $$status; \
	done

# The prerequisites run in this order (no -j); pytest last, so that its closing line closes the output.
.NOTPARALLEL: test check-all
test: setup lint format-check imports types spec-format proofs pytest ## everything CI runs

lint: setup ## ruff's rules
	@$(BIN)/ruff check .

format: setup ## rewrite Python and specifications in their canonical form
	@$(BIN)/ruff format .
	@find spec -name '*.mmu' -exec $(BIN)/mmu-smt fmt {} +

format-check: setup
	@$(BIN)/ruff format --check .

imports: setup ## the rules between the package's folders
	@$(BIN)/lint-imports --no-cache --no-logo

types: setup ## basedpyright, strict
	@$(BIN)/basedpyright

spec-format: setup
	@find spec -name '*.mmu' -exec $(BIN)/mmu-smt fmt --check {} +

spec: setup ## the expectations stated in the specifications
	@$(BIN)/mmu-smt test spec

matrix: setup ## the verdict matrix of the series, also as build/matrix.html
	@mkdir -p build && $(BIN)/mmu-smt matrix spec/series --html build/matrix.html || test $$? -eq 3

pytest: setup
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m 'not slow'

differential: setup ## solver against explicit search on thousands of random specifications
	@MMU_SMT_SEEDS=$${MMU_SMT_SEEDS:-2000} MMU_SMT_ENGINE_SEEDS=$${MMU_SMT_ENGINE_SEEDS:-400} $(BIN)/python -m pytest -n $(JOBS) -q tests/differential
	@MMU_SMT_DIFF_SEEDS=$${MMU_SMT_DIFF_SEEDS:-600} $(BIN)/python -m pytest -n $(JOBS) -q tests/diff/test_random_differences.py

# Chunks are added to the file of counts; one that is run again replaces itself.
differential-engines: setup ## each engine alone against explicit search, what each decided counted in build/by_engine.jsonl
	@mkdir -p build && status=0; MMU_SMT_ENGINE_COUNTS=build/by_engine.jsonl MMU_SMT_ENGINE_SEEDS=$${MMU_SMT_ENGINE_SEEDS:-5000} \
	  MMU_SMT_ENGINE_FIRST_SEED=$${MMU_SMT_ENGINE_FIRST_SEED:-100000} \
	  $(BIN)/python -m pytest -n $(JOBS) -q tests/differential/test_by_engine.py || status=$$?; \
	  $(BIN)/python -m tests.differential.summary build/by_engine.jsonl && exit $$status

fuzz: setup ## malformed text against parser, checker and formatter
	@MMU_SMT_FUZZ=$${MMU_SMT_FUZZ:-20000} $(BIN)/python -m pytest -n $(JOBS) -q tests/fuzz

# Each script's output in one piece, as it ends; all of them run even if one fails.
proofs: setup ## every proof script, of the long ones a slice, as many at once as JOBS says
	@printf '%s\n' $(PROOFS) | xargs -P $(JOBS) -I {} sh -c \
	  'said=$$($(BIN)/python {} --slice 2>&1); code=$$?; printf "== %s\n%s\n" {} "$$said"; exit $$code'

proofs-full: setup ## every proof script, in full: this takes long
	@for script in $(PROOFS); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

MUTANTS ?= --max 215 --seed 1
mutants: setup ## does somebody notice? mutants of the final handler and each patch taken back, as build/mutants.json: this takes hours
	@mkdir -p build && $(BIN)/mmu-smt mutate v2_22 --variants spec/mutants/reverts.mmu --without completes_within \
	  -c quiet,one_access -c quiet,not_emulable -c quiet,delivery,mmio_flushed,legacy_shadow --timeout 40 \
	  $(addprefix --function ,$(CHANGED)) $(MUTANTS) --jobs $(JOBS) --json > build/mutants.json || test $$? -le 3

bench: setup ## ratios of the tool to a hand-written encoding (benchmarks/peers.py: to other model checkers)
	@$(BIN)/python benchmarks/run.py

bench-diff: setup ## what `diff` costs beside the two checks
	@$(BIN)/python benchmarks/differences.py

growth: setup ## verdicts and cost from 3 to 6 frames and 2 to 4 levels
	@$(BIN)/python benchmarks/growth.py

check-all: test spec differential fuzz bench proofs-full ## all of the above and what is too slow for CI
	@$(BIN)/python -m pytest -n $(JOBS) -m slow

clean: ## remove what the other targets made
	@rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
