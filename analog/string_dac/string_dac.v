// Behavioural twin of the DAC without a buffer: `vout_level` is the output in volts (a Verilog-2001 net carries none), `vout` tells that it is
// driven. Equations and numbers of model.py; tests/test_string_dac_twins.py compares both with ngspice.
`default_nettype none
`timescale 1ns / 10ps

module string_dac #(
    parameter real Tau     = 23.0,      // ns
    parameter real Delay   = 0.5,       // ns
    parameter real Step    = 0.5,       // ns, of the integration
    parameter real Settled = 1e-6       // V, from the target: it rests there
) (
    input  wire [5:0] code_1v8,
    input  wire       enable_1v8,
    input  wire       vref,
    inout  wire       ibias,
    output wire       vout,
    inout  wire       vdd1v8,
    inout  wire       vpp,
    inout  wire       vss
);

    wire powered = enable_1v8 & vdd1v8 & vpp & vref & ~vss;

    real vout_level, target, error;

    assign vout = powered === 1'b1;

    function real wanted(input [5:0] code);
        wanted = (0.4 + 3.0 / 63.0 * code) / 2.5;
    endfunction

    initial vout_level = 0.0;
    initial target = 0.0;

    always @(code_1v8 or powered) target <= #(Delay) (powered === 1'b1 && ^code_1v8 !== 1'bx) ? wanted(code_1v8) : 0.0;

    // Steps only while it moves: it rests for most of a simulation.
    always begin
        error = target - vout_level;
        if ((error < 0.0 ? -error : error) < Settled) begin
            vout_level = target;
            @(target);
        end
        #(Step);
        vout_level = vout_level + (target - vout_level) * (1.0 - $exp(-Step / Tau));
    end

endmodule

`default_nettype wire
