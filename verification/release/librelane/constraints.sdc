create_clock -name clk -period $::env(CLOCK_PERIOD) [get_ports clk_i]
if { [info exists ::env(OPENLANE_SDC_IDEAL_CLOCKS)] && $::env(OPENLANE_SDC_IDEAL_CLOCKS) } {
    unset_propagated_clock [all_clocks]
} else {
    set_propagated_clock [all_clocks]
}
set_clock_uncertainty 0.25 [get_clocks clk]
set_timing_derate -early 0.95
set_timing_derate -late 1.05
set_max_fanout $::env(MAX_FANOUT_CONSTRAINT) [current_design]
set_max_transition $::env(MAX_TRANSITION_CONSTRAINT) [current_design]

set inputs [get_ports {rst_ni strobe_i address_i[*]}]
set_input_delay 4 -clock clk $inputs
set_input_transition 0.5 $inputs
set_output_delay 4 -clock clk [get_ports active_o]
set_load 0.05 [get_ports active_o]

# The array has no clock and no timing of its own. Its word lines shall stand within half a period.
set_output_delay 10 -clock clk [get_pins u_array/wl[*]]
