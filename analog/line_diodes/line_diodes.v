// Behavioural twin of the diodes of both gate lines: a net that carries no current shows nothing of them.
`default_nettype none
`timescale 1ns / 10ps

module line_diodes (
    inout wire nbias,
    inout wire cbias,
    inout wire vss
);

endmodule

`default_nettype wire
