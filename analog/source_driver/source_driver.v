// Behavioural twin of the source driver: what the source lines and the rail of the word lines are connected to (1 high, 0 low, z open).
// Two switches of one line at once give x where they disagree: the strobe driver keeps the strobes apart.
// A wire <pin>_on_<pin> is a switch (layout/core/verilog.py).
`default_nettype none
`timescale 1ns / 10ps

module source_driver (
    input  wire sl_program_vpp,
    input  wire sl_ground_vpp,
    input  wire wl_dac_vpp,
    input  wire wl_full_vpp,
    inout  wire sl,
    inout  wire vwl,
    inout  wire vwl_dac,
    inout  wire vpp,
    inout  wire vss
);

    wire sl_on_vpp      = vpp & sl_program_vpp;
    wire sl_on_vss      = vpp & sl_ground_vpp;
    wire vwl_on_vwl_dac = vpp & wl_dac_vpp;
    wire vwl_on_vpp     = vpp & wl_full_vpp;

    assign sl  = sl_on_vpp ? vpp : 1'bz;
    assign sl  = sl_on_vss ? vss : 1'bz;
    assign vwl = vwl_on_vwl_dac ? vwl_dac : 1'bz;
    assign vwl = vwl_on_vpp ? vpp : 1'bz;

endmodule

`default_nettype wire
