# LibreLane's configuration of the cell library sky130_fd_sc_hd, with the Liberty that the project characterised.
set tree "$::env(PDK_ROOT)/$::env(PDK)"
set library $::env(STD_CELL_LIBRARY)
set cells "$tree/libs.ref/$library"
set flow "$tree/libs.tech/openlane/$library"

set ::env(LIB) [dict create]
foreach devices {tt_025C_1v80 ss_100C_1v60 ff_n40C_1v95} {
    dict set ::env(LIB) *_$devices "$cells/lib/${library}__$devices.lib"
}
set ::env(CELL_LEFS) "$cells/lef/$library.lef"
set ::env(CELL_GDS) "$cells/gds/$library.gds"
set ::env(CELL_CDLS) "$cells/cdl/$library.cdl"
set ::env(CELL_SPICE_MODELS) "$cells/spice/$library.spice"
set ::env(CELL_VERILOG_MODELS) "$cells/verilog/primitives.v $cells/verilog/$library.v"
set ::env(CELL_BB_VERILOG_MODELS) "$cells/verilog/${library}__blackbox.v"
set ::env(SYNTH_EXCLUDED_CELL_FILE) "$flow/no_synth.cells"
set ::env(PNR_EXCLUDED_CELL_FILE) "$flow/drc_exclude.cells"
set ::env(SYNTH_LATCH_MAP) "$flow/latch_map.v"
set ::env(FP_TRACKS_INFO) "$flow/tracks.info"

set ::env(PLACE_SITE) unithd
set ::env(PDN_RAIL_WIDTH) 0.48
set ::env(WELLTAP_CELL) ${library}__tapvpwrvgnd_1
set ::env(ENDCAP_CELL) ${library}__decap_3
set ::env(FILL_CELLS) "${library}__fill_2 ${library}__fill_1"
set ::env(DECAP_CELLS) "${library}__decap_8 ${library}__decap_6 ${library}__decap_4 ${library}__decap_3"
set ::env(DIODE_CELL) ${library}__diode_2/DIODE
set ::env(CELL_PAD_EXCLUDE) "${library}__tap* ${library}__decap* ${library}__fill*"
set ::env(GPL_CELL_PADDING) 0
set ::env(DPL_CELL_PADDING) 0
set ::env(IGNORE_DISCONNECTED_MODULES) ${library}__conb_1

set ::env(SYNTH_TIEHI_CELL) ${library}__conb_1/HI
set ::env(SYNTH_TIELO_CELL) ${library}__conb_1/LO
set ::env(SYNTH_BUFFER_CELL) ${library}__buf_2/A/X
set ::env(SYNTH_DRIVING_CELL) ${library}__inv_2/Y
set ::env(CTS_ROOT_BUFFER) ${library}__clkbuf_16
set ::env(CTS_CLK_BUFFERS) "${library}__clkbuf_8 ${library}__clkbuf_4 ${library}__clkbuf_2"

# Limits and margins: half of the 1.5 ns to which the cells are characterised; a load that the middle sizes drive within it
set ::env(MAX_TRANSITION_CONSTRAINT) 0.75
set ::env(MAX_CAPACITANCE_CONSTRAINT) 0.2
set ::env(MAX_FANOUT_CONSTRAINT) 10
set ::env(OUTPUT_CAP_LOAD) 33.442
set ::env(CLOCK_UNCERTAINTY_CONSTRAINT) 0.25
set ::env(CLOCK_TRANSITION_CONSTRAINT) 0.15
set ::env(TIME_DERATING_CONSTRAINT) 5.0
set ::env(IO_DELAY_CONSTRAINT) 20.0
