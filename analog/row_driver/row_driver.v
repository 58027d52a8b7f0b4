// Behavioural twin of the row driver: logic levels and the delays of the extracted layout into a 64-column word line
// (tt, 27 C, 1.8 V, 3.3 V; 50 % of in_1v8 to 50 % at the far end). tests/test_row_driver_twins.py compares it with ngspice.
`default_nettype none
`timescale 1ns / 10ps

module row_driver #(
    parameter real DelayOn  = 1.86,
    parameter real DelayOff = 1.75
) (
    input  wire in_1v8,
    output wire wl,
    inout  wire vdd1v8,
    inout  wire vpp,
    inout  wire vwl,
    inout  wire vss
);

    // Without the logic supply or vpp the row is off; without vwl nothing can raise it; without ground nothing is known.
    wire selected = (vdd1v8 === 1'b0 || vpp === 1'b0) ? 1'b0 : in_1v8 & vdd1v8 & vpp;
    wire level    = (vss !== 1'b0) ? 1'bx : (vwl === 1'b0) ? 1'b0 : selected & vwl;

    wire wl_on_vwl = wl;    // a switch (layout/core/verilog.py)

    assign #(DelayOn, DelayOff) wl = level;

endmodule

`default_nettype wire
