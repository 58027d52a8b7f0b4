"""Device names of sky130B, as the SPICE models and the netlists spell them."""

NFET_01V8 = "sky130_fd_pr__nfet_01v8"
PFET_01V8 = "sky130_fd_pr__pfet_01v8"
PFET_01V8_HVT = "sky130_fd_pr__pfet_01v8_hvt"
NFET_01V8_LVT = "sky130_fd_pr__nfet_01v8_lvt"
PFET_01V8_LVT = "sky130_fd_pr__pfet_01v8_lvt"
NFET_5V = "sky130_fd_pr__nfet_g5v0d10v5"
PFET_5V = "sky130_fd_pr__pfet_g5v0d10v5"
MIM = "sky130_fd_pr__cap_mim_m3_1"
RES_HIGH = "sky130_fd_pr__res_high_po"  # p-doped poly resistor under rpm, 325 ohm a square
RES_XHIGH = "sky130_fd_pr__res_xhigh_po"  # the same with little doping, under urpm, 2 kohm a square
PNP = "sky130_fd_pr__pnp_05v5_W3p40L3p40"  # vertical: the collector is the substrate
RERAM = "sky130_fd_pr_reram__reram_cell"
RESISTORS = (RES_HIGH, RES_XHIGH)
MOSFETS = (NFET_01V8, PFET_01V8, PFET_01V8_HVT, NFET_5V, PFET_5V)
DIODE_NWELL = "sky130_fd_pr__diode_pd2nw_11v0"  # p-diffusion in an n well, both under thick oxide's hvi
DIODE_SUBSTRATE = "sky130_fd_pr__diode_pw2nd_11v0"  # n-diffusion in the substrate, the same
# side of the square emitter, um: bipolar transistors of fixed layout, base in an n well, collector the
#   substrate
PNP_EMITTERS = {"sky130_fd_pr__pnp_05v5_W0p68L0p68": 0.68, "sky130_fd_pr__pnp_05v5_W3p40L3p40": 3.40}
# simulated, not yet drawn: extraction and LVS do not know them
UNDRAWN = (NFET_01V8_LVT, PFET_01V8_LVT)
