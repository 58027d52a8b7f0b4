# Timing of the controller's ports, for place and route and for sign-off.
#
# Zero is the clock edge at the pin wb_clk_i; the harness's own clock path reaches its flip-flops and this pin alike.
# Figures marked H are the bounds that the Caravel family publishes for the pins of its user area (caravel_user_project,
# openlane/user_project_wrapper/signoff.sdc), rounded to the safe side; 1 ns is added for the wire from frame to macro.

create_clock -name clk -period $::env(CLOCK_PERIOD) [get_ports wb_clk_i]
if { [info exists ::env(OPENLANE_SDC_IDEAL_CLOCKS)] && $::env(OPENLANE_SDC_IDEAL_CLOCKS) } {
    unset_propagated_clock [all_clocks]
} else {
    set_propagated_clock [all_clocks]
}
# Jitter and skew between the clock of the harness and this one; on-chip variation. Place and route aims at 0.75 ns of setup beyond
# that: the target is 0.5 ns, and detours that were not estimated once took 0.27 ns of a path of 64 x 64.
set_clock_uncertainty -setup 1.00 [get_clocks clk]
# Likewise the 0.05 ns of the hold target: repair keeps as much again, and sees three of the nine corners.
set_clock_uncertainty -hold 0.30 [get_clocks clk]
set_timing_derate -early 0.95
set_timing_derate -late 1.05
set_input_transition 0.61 [get_ports wb_clk_i]

# Limits of the library's characterised range, as LibreLane's configuration of the process gives them.
set_max_fanout $::env(MAX_FANOUT_CONSTRAINT) [current_design]
set_max_transition $::env(MAX_TRANSITION_CONSTRAINT) [current_design]

# Wishbone, from flip-flops of the harness: 0.79 to 4.74 ns after the edge (H). Hold assumes the near end, no wire.
set wishbone_inputs [get_ports {wbs_cyc_i wbs_stb_i wbs_we_i wbs_sel_i[*] wbs_adr_i[*] wbs_dat_i[*]}]
set_input_delay -max 6.0 -clock clk $wishbone_inputs
set_input_delay -min 0.7 -clock clk $wishbone_inputs
set_input_transition -max 0.7 $wishbone_inputs
set_input_transition -min 0.07 $wishbone_inputs

# The line of the clock watch is as long as half a period of a slow clock and leads to asynchronous pins alone. It has a timing of its own
# (digital/harden/clock_watch.py).
set_false_path -through [get_pins u_watch.gen_and*.u_and/X]

# Asynchronous: reset begins without the clock and its end passes two flip-flops; spikes and the handshake lines pass a two-flop
# synchroniser; the address of an event is stable while its request is high, and is sampled after the synchroniser (bundled data).
set asynchronous_inputs [get_ports {wb_rst_i io_in[*] spike_1v8_i[*]}]
set_input_delay 0 -clock clk $asynchronous_inputs
set_input_transition -max 0.7 $asynchronous_inputs
set_input_transition -min 0.07 $asynchronous_inputs
set_false_path -from $asynchronous_inputs

# The converter's answer and the level that it tells of: asynchronous, but a pair. The level is sampled one period after the first edge
# that can have seen the answer; what its wire adds to the comparator's own delay is bounded here, and the answer's likewise: to 3.0 ns at
# sign-off, where at least 1 ns of it is to be left.
set converter_inputs [get_ports {adc_valid_1v8_i adc_above_1v8_i}]
set_input_delay 0 -clock clk $converter_inputs
set_input_transition -max 0.7 $converter_inputs
set_input_transition -min 0.07 $converter_inputs
set_max_delay -ignore_clock_latency -from $converter_inputs 1.9
set_false_path -hold -from $converter_inputs

# Into flip-flops of the harness: setup there at most 8.41 ns (H).
set synchronous_outputs [get_ports {wbs_ack_o wbs_dat_o[*] user_irq[*]}]
set_output_delay -max 9.4 -clock clk $synchronous_outputs
set_output_delay -min 0.0 -clock clk $synchronous_outputs

# States to look at, behind the logic of a cycle: software reads each bit for itself, and one that comes late is a cycle older. So they ask
# for less than what a bus waits for: 4 ns for the harness' own multiplexer and setup, which nobody publishes, 1 ns for the wire.
set_output_delay -max 5.0 -clock clk [get_ports la_data_out[*]]
set_output_delay -min 0.0 -clock clk [get_ports la_data_out[*]]

# Pads: the receiver's handshake waits; half a period keeps request and address together.
set_output_delay -max 10.0 -clock clk [get_ports {io_out[*] io_oeb[*]}]
set_output_delay -min 0.0 -clock clk [get_ports {io_out[*] io_oeb[*]}]

# To level shifters and switches: no flip-flop follows; within half a period of the edge so that break-before-make,
# counted in whole periods, holds between any two of them.
# All outputs of that kind, of either core's controller, and no others have that ending.
set analog_outputs [get_ports {*_1v8_o*}]
set_output_delay -max 10.0 -clock clk $analog_outputs
set_output_delay -min 0.0 -clock clk $analog_outputs

# What the chip hangs on an output: up to 0.59 pF of wire at mini (`make sta`: wires.capacitance_most). The harness assumes 0.19 pF of
# its user area (H). Sign-off has 0.60 pF; an output's buffer is chosen before the wire to it is there, so that this has a margin.
set_load 0.70 [all_outputs]
