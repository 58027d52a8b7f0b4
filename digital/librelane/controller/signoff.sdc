# Sign-off: the constraints of place and route without their margins for setup, hold and load, and the slew limit on extracted wires. Place and
# route, which estimates wires, aims at the 0.75 ns of LibreLane's configuration of the process; sign-off demands 1 ns of the
# 1.5 ns to which the library is characterised (default_max_transition in its Liberty files).
source [file join [file dirname $::env(_SDC_IN)] constraints.sdc]
set_clock_uncertainty -setup 0.25 [get_clocks clk]
set_clock_uncertainty -hold 0.25 [get_clocks clk]
set_max_transition 1.0 [current_design]
set_max_delay -ignore_clock_latency -from [get_ports {adc_valid_1v8_i adc_above_1v8_i}] 3.0
set_load 0.60 [all_outputs]
