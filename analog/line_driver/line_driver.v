// Behavioural twin of the line driver: what the source lines and the rail of the word lines are connected to (1 high, 0 low, z open).
// Two switches of one line at once give x: the strobe driver keeps the strobes apart.
`default_nettype none
`timescale 1ns / 10ps

module line_driver (
    input  wire sl_program_vpp,
    input  wire sl_ground_vpp,
    input  wire sl_neuron_vpp,
    input  wire wl_dac_vpp,
    input  wire wl_full_vpp,
    inout  wire sl,
    inout  wire vsl_dac,
    inout  wire vsl,
    inout  wire vwl,
    inout  wire vwl_dac,
    inout  wire vpp,
    inout  wire vss
);

    assign sl  = (vpp & sl_program_vpp) ? vsl_dac : 1'bz;
    assign sl  = (vpp & sl_ground_vpp) ? vss : 1'bz;
    assign sl  = (vpp & sl_neuron_vpp) ? vsl : 1'bz;
    assign vwl = (vpp & wl_dac_vpp) ? vwl_dac : 1'bz;
    assign vwl = (vpp & wl_full_vpp) ? vpp : 1'bz;

endmodule

`default_nettype wire
