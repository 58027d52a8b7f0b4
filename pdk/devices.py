"""Device names of sky130B, as the SPICE models and the netlists spell them."""

NFET_01V8 = "sky130_fd_pr__nfet_01v8"
PFET_01V8 = "sky130_fd_pr__pfet_01v8"
PFET_01V8_HVT = "sky130_fd_pr__pfet_01v8_hvt"
NFET_01V8_LVT = "sky130_fd_pr__nfet_01v8_lvt"
PFET_01V8_LVT = "sky130_fd_pr__pfet_01v8_lvt"
NFET_5V = "sky130_fd_pr__nfet_g5v0d10v5"
PFET_5V = "sky130_fd_pr__pfet_g5v0d10v5"
MIM = "sky130_fd_pr__cap_mim_m3_1"
RES_HIGH = "sky130_fd_pr__res_high_po"               # p-doped poly resistor under rpm, 325 ohm a square
RES_XHIGH = "sky130_fd_pr__res_xhigh_po"             # the same with little doping, 2 kohm a square
PNP = "sky130_fd_pr__pnp_05v5_W3p40L3p40"            # vertical: the collector is the substrate
RERAM = "sky130_fd_pr_reram__reram_cell"
MOSFETS = (NFET_01V8, PFET_01V8, PFET_01V8_HVT, NFET_5V, PFET_5V)
# simulated, not yet drawn: extraction and LVS do not know them
UNDRAWN = (NFET_01V8_LVT, PFET_01V8_LVT, RES_XHIGH, PNP)
