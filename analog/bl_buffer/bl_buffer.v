// Behavioural twin of the buffer: `vin_volts` and `vpp_volts` are levels of its pins, which whoever instantiates it writes (a Verilog-2001
// net carries none), `vout_level` its output, which ends at vpp; `vout` tells that it is driven. It needs vsense joined to vout: open, its
// level is unknown.
// Equations and numbers of model.py; tests/test_bl_buffer_twins.py compares both with ngspice.
`default_nettype none
`timescale 1ns / 10ps

module bl_buffer #(
    parameter real Offset = 0.0009,     // V
    parameter real Gain   = 2.4998,
    parameter real SlewUp   = 0.0068,   // V/ns
    parameter real SlewDown = 0.0073,   // V/ns
    parameter real Tau    = 80.0,       // ns
    parameter real Delay  = 8.0,        // ns
    parameter real Step   = 1.0,        // ns, of the integration
    parameter real Settled = 1e-6       // V, from the target: it rests there
) (
    input  wire vin,
    input  wire enable_1v8,
    output wire vout,
    inout  wire vsense,
    inout  wire ibias,
    inout  wire vpp,
    inout  wire vss
);

    wire powered = enable_1v8 & ibias & vpp & ~vss & (vsense !== 1'bz);

    real vin_volts, vpp_volts, vout_level, target, error, move, most;

    assign vout = powered === 1'b1;

    initial vin_volts = 0.16;
    initial vpp_volts = 3.55;
    initial vout_level = 0.0;
    initial target = 0.0;

    function real wanted(input real volts, input real supply);
        wanted = Offset + Gain * volts < supply ? Offset + Gain * volts : supply;
    endfunction

    always @(vin_volts or vpp_volts or powered) target <= #(Delay) powered === 1'b1 ? wanted(vin_volts, vpp_volts) : 0.0;

    // Steps only while it moves: it rests for most of a simulation.
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
        most  = (error > 0.0 ? SlewUp : SlewDown) * Step;
        if (move > most) move = most;
        vout_level = vout_level + (error < 0.0 ? -move : move);
    end

endmodule

`default_nettype wire
