// Behavioural twin of the column driver: what the bit line is connected to, as logic levels of the rails (1 high, 0 low, z open).
// Two switches at once give x: the strobe driver keeps the strobes apart. Without vpp, or without vdd1v8, no column is selected.
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
    wire program  = vpp & selected & sel_program_vpp;
    wire sense    = vpp & selected & sel_sense_vpp;
    wire inhibit  = vpp & ~selected & unsel_inhibit_vpp;
    wire ground   = vpp & (selected ? sel_ground_vpp : unsel_ground_vpp);

    assign bl = program ? vbl : 1'bz;
    assign bl = sense ? sense_line : 1'bz;
    assign bl = inhibit ? sl : 1'bz;
    assign bl = ground ? vss : 1'bz;

endmodule

`default_nettype wire
