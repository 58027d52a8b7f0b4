// Behavioural twin of the fire driver: what the bit lines are connected to, as logic levels of the rails (1 high, 0 low, z open).
// Without vpp, or without vdd1v8, both bit lines are open.
`default_nettype none
`timescale 1ns / 10ps

module fire_driver (
    input  wire fire_1v8,
    input  wire phi_1_vpp,
    input  wire phi_2_vpp,
    inout  wire bl_p,
    inout  wire bl_n,
    inout  wire vfire,
    inout  wire vref,
    inout  wire vdd1v8,
    inout  wire vpp,
    inout  wire vss
);

    wire on   = vpp & vdd1v8 & fire_1v8;
    wire hold = on & ~phi_1_vpp & ~phi_2_vpp;

    assign bl_p = (on & phi_1_vpp) ? vfire : 1'bz;
    assign bl_n = (on & phi_2_vpp) ? vfire : 1'bz;
    assign bl_p = hold ? vref : 1'bz;
    assign bl_n = hold ? vref : 1'bz;

endmodule

`default_nettype wire
