// Behavioural twin of the decoupling: levels of the twins do not ripple, so it does nothing.
`default_nettype none
`timescale 1ns / 10ps

module decoupling (
    inout wire vref,
    inout wire vth,
    inout wire vread,
    inout wire vss
);

endmodule

`default_nettype wire
