# NeuSoC: the commands that people type. Every other verb is `make VERB [CHIP=name]` or `neusoc VERB`; `neusoc --help` lists all.
CHIP ?=
ENGINE ?= wheels
N := .venv/bin/neusoc
CHIP_ARG := $(if $(CHIP),--chip $(CHIP))
FILES := $(if $(GDS),--gds $(GDS)) $(if $(TOP),--top $(TOP)) $(if $(NETLIST),--netlist $(NETLIST))
CHECK_ARGS := $(CHIP_ARG) $(FILES) $(if $(ANEW),--anew) $(if $(BLOCKS),--blocks)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup gds drc lvs test regress rtl mixed char digits page docs clean

help:     ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'
	@echo; echo "  CHIP=tapeout (64 x 64, default), mini (8 x 8), large (256 x 128). All other commands: neusoc --help, or make VERB"
setup:    ## environment: Debian packages, .venv, PDK
	@scripts/bootstrap.sh
	@$(N) pdk
gds:      setup ## everything, to the top-level GDS in the analog harness
	@$(N) gds $(CHIP_ARG) --engine $(ENGINE)
drc:      setup ## design rules of every block and the chip, or GDS=file TOP=cell; ANEW=1: unchanged cells too; BLOCKS=1: blocks alone
	@$(N) drc $(CHECK_ARGS)
lvs:      setup ## layout against netlist of every block and the chip, or GDS=file TOP=cell NETLIST=file; ANEW and BLOCKS as for drc
	@$(N) lvs $(CHECK_ARGS)
test:     setup ## fast tests: what CI runs
	@.venv/bin/python -m pytest -m "not full" --numprocesses 2 --dist loadfile --no-loadscope-reorder
regress:  setup ## all tests
	@.venv/bin/python -m pytest
rtl:      setup ## the controller: lint, tests, random jobs and images against the twin, coverage
	@$(N) rtl
mixed:    setup ## RTL and transistors in one simulation: RUN="jobs read_set", events, images, jobs, supplies, learn
	@$(N) mixed $(or $(RUN),events)
char:     setup ## datasheet of a block, schematic and extracted: BLOCK=front_end, or all
	@$(N) char $(BLOCK)
digits:   setup ## digits on 20 sampled chips, every imperfection on
	@$(N) digits
page:     setup ## the chip as a page: build/page/index.html
	@$(N) page $(CHIP_ARG)
docs:     setup ## all figures, datasheet and registers as pages: build/results/index.html
	@$(N) docs
clean:    ## remove build/ (the environment stays)
	@rm -rf build

.DEFAULT:
	@$(MAKE) --no-print-directory setup
	@$(N) $@ $(CHIP_ARG) $(FILES)
