# Timing of the controller in the chip: what differs from its own constraints once the chip's wires are there. Its ports stand at the far
# ends of those wires: at the pins of the harness, or at the pins of the analog core. Figures marked H are the harness's bounds, rounded to
# the safe side as in the macro's constraints; the 1 ns that those add for the wire from frame to macro is gone, as the wire is there.

# Wishbone, from flip-flops of the harness: 0.79 to 4.74 ns after the edge (H).
set wishbone_inputs [get_ports {wbs_cyc_i wbs_stb_i wbs_we_i wbs_sel_i[*] wbs_adr_i[*] wbs_dat_i[*]}]
set_input_delay -max 5.0 -clock clk $wishbone_inputs
set_input_delay -min 0.7 -clock clk $wishbone_inputs

# Into flip-flops of the harness: setup there at most 8.41 ns (H).
set synchronous_outputs [get_ports {wbs_ack_o wbs_dat_o[*] user_irq[*]}]
set_output_delay -max 8.5 -clock clk $synchronous_outputs

# States to look at: as digital/librelane/controller/constraints.sdc has it, without the 1 ns of the wire, which is in the netlist here.
set_output_delay -max 4.0 -clock clk [get_ports la_data_out[*]]

# At the far ends, beyond the chip's wires: what the harness assumes of its user area (H), and as much for the wires inside the core.
# The load that the macro's own constraints have instead stands for all of it.
set_load 0.19 [all_outputs]
