// Behavioural twin of the ADC for digital simulation. The cell on the sense line is the real variable cell_us (uS), set by the
// testbench (dut.cell_us = 45.0) or by the current sense_ua (uA) out of the sense line, which stands at vread; it is followed while
// adc_sample_1v8 is high and held afterwards.
// adc_valid_1v8 rises DelayNs after the strobe and falls with it; without enable, supply or bias there is no answer.
// Numbers: schematic at tt, 27 C, 1.8 V; tests/test_sense_adc_twins.py compares it with model.py, and that with ngspice.
`default_nettype none
`timescale 1ns / 1ps

module sense_adc #(
    parameter real StepUs     = 0.353,
    parameter real Offset     = 0.7,      // LSB, code of no cell
    parameter real OffsetFine = 7.9,
    parameter real Gain       = 1.018,
    parameter real GainFine   = 1.021,
    parameter real DelayNs    = 25.0,
    parameter real ReadV      = 0.2       // across the cell
) (
    inout  wire       sense,
    input  wire       vread,
    inout  wire       vref,
    inout  wire       ibias,
    input  wire       adc_enable_1v8,
    input  wire       adc_range_1v8,
    input  wire       adc_sample_1v8,
    input  wire [7:0] adc_trial_1v8,
    input  wire       adc_strobe_1v8,
    output reg        adc_above_1v8,
    output reg        adc_valid_1v8,
    inout  wire       vdd1v8,
    inout  wire       vss
);

    real cell_us;
    real sense_ua;
    real held;                            // LSB

    initial begin
        cell_us       = 0.0;
        held          = 0.0;
        adc_above_1v8 = 1'b0;
        adc_valid_1v8 = 1'b0;
    end

    wire powered = adc_enable_1v8 === 1'b1 && vdd1v8 === 1'b1 && vss === 1'b0 && ibias === 1'b1 && vref === 1'b1 && vread === 1'b1;

    // The sense amplifier holds the sense line, weaker than what may be tied to it in a bench. A wire <pin>_on_<pin> is a switch
    // (layout/core/verilog.py).
    wire sense_on_vread = powered;
    assign (weak1, weak0) sense = sense_on_vread ? vread : 1'bz;

    always @(sense_ua) cell_us = sense_ua / ReadV;

    always @(adc_sample_1v8 or cell_us or adc_range_1v8) begin
        if (adc_sample_1v8 === 1'b1) begin
            if (adc_range_1v8 === 1'b1) held = OffsetFine + GainFine * cell_us * 8.0 / StepUs;
            else held = Offset + Gain * cell_us / StepUs;
        end
    end

    always @(posedge adc_strobe_1v8) begin
        #(DelayNs);
        if (powered && adc_strobe_1v8 === 1'b1) begin
            adc_above_1v8 = held > adc_trial_1v8;
            adc_valid_1v8 = 1'b1;
        end
    end

    always @(negedge adc_strobe_1v8) adc_valid_1v8 = 1'b0;

endmodule

`default_nettype wire
