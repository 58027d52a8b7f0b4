// Behavioural twin of the bias block. A Verilog-2001 net carries no volts or amperes: `iadc_level`, `idac_level` (uA), `vdac_level` and
// `vread_level` (V) hold them; the pins tell that they are there. Equations and numbers of model.py.
`default_nettype none
`timescale 1ns / 10ps

module bias #(
    parameter real Current = 1.0,       // uA, in each neuron's diode while ibias is on
    parameter real Supply  = 1.8,       // V, vdd1v8 while it is on
    parameter real Level   = 0.9,       // V, vref while it is on
    parameter real Adc     = 2.20,
    parameter real Dac     = 1.010,
    parameter real Slope   = 0.150,     // 1/V
    parameter real Wake    = 140.0      // ns
) (
    inout  wire       vref,
    input  wire       ibias,
    output wire       vdac,
    output wire       vread,
    inout  wire       iadc,
    inout  wire [2:0] idac,
    inout  wire       vdd1v8,
    inout  wire       vss
);

    wire fed     = ibias & vdd1v8 & ~vss;
    wire divided = vref & ~vss;

    real iadc_level, idac_level, vdac_level, vread_level;
    reg  awake;

    assign vdac  = divided === 1'b1;
    assign vread = divided === 1'b1;
    assign iadc  = awake ? 1'b1 : 1'bz;
    assign idac  = awake ? 3'b111 : 3'bzzz;

    initial awake = 1'b0;

    always @(posedge fed) begin : waking
        #(Wake) awake = 1'b1;
    end

    always @(negedge fed) begin
        disable waking;
        awake = 1'b0;
    end

    always @(awake) begin
        iadc_level = awake ? Current * Adc * (1.0 + Slope * (Supply - 1.8)) : 0.0;
        idac_level = awake ? Current * Dac * (1.0 + Slope * (Supply - 1.8)) : 0.0;
    end

    always @(vdac) begin
        vdac_level  = vdac ? 28.0 / 45.0 * Level : 0.0;
        vread_level = vdac ? 10.0 / 45.0 * Level : 0.0;
    end

endmodule

`default_nettype wire
