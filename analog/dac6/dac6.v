// Behavioural twin of the DAC: `vout_level` is the output in volts (a Verilog-2001 net carries none), `vout` tells that it is driven.
// Equations and numbers of model.py; tests/test_dac6_twins.py compares both with ngspice.
`default_nettype none
`timescale 1ns / 10ps

module dac6 #(
    parameter real Offset = 0.0726,     // V
    parameter real OffsetFine = 0.0633,
    parameter real Gain   = 0.9683,
    parameter real GainFine = 0.9789,
    parameter real Slew   = 0.044,      // V/ns
    parameter real Tau    = 4.0,        // ns
    parameter real Delay  = 7.0,        // ns
    parameter real Step   = 0.5,        // ns, of the integration
    parameter real Settled = 1e-6       // V, from the target: it rests there
) (
    input  wire [5:0] code_1v8,
    input  wire       fine_1v8,
    input  wire       enable_1v8,
    output wire       vout,
    input  wire       vref,
    inout  wire       ibias,
    inout  wire       vdd1v8,
    inout  wire       vpp,
    inout  wire       vss
);

    wire powered = enable_1v8 & vdd1v8 & vpp & vref & ~vss;

    real vout_level, target, error, move;

    assign vout = powered === 1'b1;

    function real wanted(input [5:0] code, input fine);
        wanted = fine ? OffsetFine + GainFine * (0.72 + 0.02 * code) : Offset + Gain * (0.4 + 3.0 / 63.0 * code);
    endfunction

    initial vout_level = 0.0;
    initial target = 0.0;

    always @(code_1v8 or fine_1v8 or powered)
        target <= #(Delay) (powered === 1'b1 && ^{code_1v8, fine_1v8} !== 1'bx) ? wanted(code_1v8, fine_1v8) : 0.0;

    // Steps only while it moves: three of these rest for most of a simulation.
    always begin
        error = target - vout_level;
        move  = error < 0.0 ? -error : error;
        if (move < Settled) begin
            vout_level = target;
            @(target);
        end
        #(Step);
        error = target - vout_level;
        move  = (error < 0.0 ? -error : error) * (1.0 - $exp(-Step / Tau));
        if (move > Slew * Step) move = Slew * Step;
        vout_level = vout_level + (error < 0.0 ? -move : move);
    end

endmodule

`default_nettype wire
