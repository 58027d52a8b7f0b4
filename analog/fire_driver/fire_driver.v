// Behavioural twin of the fire driver: what the bit lines are connected to, as logic levels of the rails (1 high, 0 low, z open).
// Without vpp, or without vdd1v8, both bit lines are open. A wire <pin>_on_<pin> is a switch (layout/core/verilog.py).
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

    wire on            = vpp & vdd1v8 & fire_1v8;
    wire bl_p_on_vfire = on & phi_1_vpp;
    wire bl_n_on_vfire = on & phi_2_vpp;
    wire bl_p_on_vref  = on & ~phi_1_vpp & ~phi_2_vpp;
    wire bl_n_on_vref  = on & ~phi_1_vpp & ~phi_2_vpp;

    assign bl_p = bl_p_on_vfire ? vfire : 1'bz;
    assign bl_n = bl_n_on_vfire ? vfire : 1'bz;
    assign bl_p = bl_p_on_vref ? vref : 1'bz;
    assign bl_n = bl_n_on_vref ? vref : 1'bz;

endmodule

`default_nettype wire
