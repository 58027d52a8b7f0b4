// Behavioural twin of the strobe driver: a strobe passes if it is high and no other of its group is; it rises late and falls at once.
// Delays of the schematic into 600 fF (tt, 27 C, 1.8 V, 3.3 V). tests/test_strobe_driver_twins.py compares it with ngspice.
`default_nettype none
`timescale 1ns / 10ps

module strobe_driver #(
    parameter real DelayOn  = 6.89,
    parameter real DelayOff = 2.14
) (
    input  wire a_1v8,
    input  wire b_1v8,
    input  wire c_1v8,
    input  wire d_1v8,
    input  wire e_1v8,
    output wire a_vpp,
    output wire b_vpp,
    output wire c_vpp,
    output wire d_vpp,
    output wire e_vpp,
    inout  wire vdd1v8,
    inout  wire vpp,
    inout  wire vss
);

    wire powered = vdd1v8 & vpp;
    assign #(DelayOn, DelayOff) a_vpp = powered & a_1v8 & ~b_1v8 & ~c_1v8;
    assign #(DelayOn, DelayOff) b_vpp = powered & b_1v8 & ~a_1v8 & ~c_1v8;
    assign #(DelayOn, DelayOff) c_vpp = powered & c_1v8 & ~a_1v8 & ~b_1v8;
    assign #(DelayOn, DelayOff) d_vpp = powered & d_1v8 & ~e_1v8;
    assign #(DelayOn, DelayOff) e_vpp = powered & e_1v8 & ~d_1v8;

endmodule

`default_nettype wire
