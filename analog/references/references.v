// Behavioural twin of the references: words in latches, and what they make of the levels. A net carries no volts: vref_level, vth_level,
// vlk_level, vread_level, vsense_level and vdac_level hold them (layout/core/verilog.py); the pins tell that they, and the currents, are
// there. A word that nobody has written is unknown, and then so are all levels.
// Equations and numbers of model.py; tests/test_references_twin.py compares both.
`default_nettype none
`timescale 1ns / 10ps

module references #(
    parameter real Bandgap    = 1.2371,     // V, untrimmed, at the middle of the slope
    parameter real SlopeLevel = -0.00284,   // what a code of the slope changes of it
    parameter real Rest       = 90.0,       // units of the string
    parameter real RestLow    = 80.0,
    parameter real Read       = 15.0,
    parameter real Sense      = 20.0,
    parameter real Dac        = 56.0,
    parameter real Leak       = 122.0,
    parameter real LeakStep   = 2.0,
    parameter real Settling   = 47.0,       // ns, time constant of the threshold without neurons
    parameter real SettlingNeuron = 3.2,    // ns, what each neuron at it adds
    parameter real SettlingMore = 2.3,      // ns, what each beyond 32 adds to that
    parameter integer Neurons = 32,
    parameter real StartNs    = 133700.0,   // from the supplies to the levels
    parameter real Step       = 2.0,        // ns, of the integration
    parameter real Settled    = 1e-5        // V, from the target: it rests there
) (
    input  wire [5:0] d_1v8,
    input  wire [5:0] write_1v8,
    input  wire       job_1v8,
    output wire       vref,
    output wire       vth,
    output wire       vlk,
    output wire       vread,
    output wire       vsense,
    output wire       vdac,
    output wire       nbias,
    output wire       cbias,
    output wire       iadc,
    output wire [2:0] idac,
    inout  wire       pad,
    inout  wire       vdd3v3,
    inout  wire       vdd1v8,
    inout  wire       vss
);

    real vref_level, vth_level, vlk_level, vread_level, vsense_level, vdac_level;
    real unit;                                  // V, of the string
    real rest, target, error;                   // V

    // The latches. Words are two's complement about the middle code, the leak's and the pad's but for it are plain.
    reg [5:0] scale, current, threshold, leak, option, pick;
    always @(d_1v8 or write_1v8) begin
        if (write_1v8[0] === 1'b1) scale     = d_1v8 ^ 6'd32;
        if (write_1v8[1] === 1'b1) current   = d_1v8 ^ 6'd32;
        if (write_1v8[2] === 1'b1) threshold = d_1v8 ^ 6'd32;
        if (write_1v8[3] === 1'b1) leak      = d_1v8;
        if (write_1v8[4] === 1'b1) option    = d_1v8 ^ 6'd4;
        if (write_1v8[5] === 1'b1) pick      = d_1v8;
    end

    wire fed   = vdd3v3 & vdd1v8 & ~vss;
    wire known = ^{scale, current, threshold, leak, option, pick} !== 1'bx;
    reg  awake;
    wire stands = awake & known;

    initial awake = 1'b0;

    always @(posedge fed) begin : starting
        #(StartNs) awake = 1'b1;
    end

    always @(negedge fed) begin
        disable starting;
        awake = 1'b0;
    end

    assign {vref, vth, vlk, vread, vsense, vdac, nbias, cbias} = {8{stands}};
    assign iadc = stands & job_1v8 === 1'b1;
    assign idac = {3{stands & job_1v8 === 1'b1}};

    // Whether a level is on the pad; it is no logic value.
    assign pad = stands & |pick[4:0] ? 1'bx : 1'bz;

    always @(stands or scale or threshold or leak or option) begin
        unit = stands ? Bandgap * (1.0 + SlopeLevel * ($itor(option[2:0]) - 4.0)) / (120.0 + $itor(scale) / 8.0) : 0.0;
        rest = unit * (option[3] ? RestLow : Rest);
        vref_level   = rest;
        vread_level  = unit * Read;
        vsense_level = unit * Sense;
        vdac_level   = unit * Dac;
        vlk_level    = leak[5] ? unit * (Leak + LeakStep * $itor(leak[4:0])) : 0.0;
        target       = rest + unit * $itor(threshold);
    end

    // The threshold follows its code with one time constant, longer the more neurons hang on it; steps only while it moves.
    initial vth_level = 0.0;

    always begin
        error = target - vth_level;
        if ((error < 0.0 ? -error : error) < Settled) begin
            vth_level = target;
            @(target);
        end
        #(Step) vth_level = target - (target - vth_level) * $exp(-Step / (Settling + SettlingNeuron * Neurons + SettlingMore * (Neurons > 32 ? Neurons - 32 : 0)));
    end

endmodule

`default_nettype wire
