// Behavioural twin of the column driver: what the bit line is connected to, as logic levels of the rails (1 high, 0 low, z open).
// Two switches at once give x: the strobe driver keeps the strobes apart. Without vpp, or without vdd1v8, no column is selected.
// A wire <pin>_on_<pin> is a switch: layout/core/verilog.py follows it to tell which level a line has.
`default_nettype none
`timescale 1ns / 10ps

module column_driver (
    input  wire col_1v8,
    input  wire sel_program_vpp,
    input  wire sel_sense_vpp,
    input  wire sel_ground_vpp,
    input  wire unsel_ground_vpp,
    input  wire unsel_inhibit_vpp,
    inout  wire bl,
    inout  wire vbl,
    inout  wire sense_line,
    inout  wire sl,
    inout  wire vdd1v8,
    inout  wire vpp,
    inout  wire vss
);

    wire selected = col_1v8 & vdd1v8;
    wire bl_on_vbl        = vpp & selected & sel_program_vpp;
    wire bl_on_sense_line = vpp & selected & sel_sense_vpp;
    wire bl_on_sl         = vpp & ~selected & unsel_inhibit_vpp;
    wire bl_on_vss        = vpp & (selected ? sel_ground_vpp : unsel_ground_vpp);

    assign bl = bl_on_vbl ? vbl : 1'bz;
    assign bl = bl_on_sense_line ? sense_line : 1'bz;
    assign bl = bl_on_sl ? sl : 1'bz;
    assign bl = bl_on_vss ? vss : 1'bz;

endmodule

`default_nettype wire
