// Behavioural twin of the neuron for digital simulation: a bit line at 1 draws InputUa from the virtual ground through the switch
// that phi_p_3v3 opens (the membrane rises) or phi_n_3v3 opens with the source line lifted (it falls). No leak.
// Between two events the membrane is a straight line; the time of the spike is computed, not stepped.
// Numbers: schematic at tt, 27 C, 1.8 V; tests/test_neuron_twins.py compares it with model.py, and that with ngspice.
`default_nettype none
`timescale 1ns / 1ps

module neuron #(
    parameter real InputUa     = 1.39,    // one cell of 40 uS at 50 mV behind its transistor and the neuron's input resistance
    parameter real MembraneFf  = 495.0,
    parameter real ThresholdMv = 303.3,   // vth - vref and the comparator's offset
    parameter real ReleaseMv   = 2.7,     // what the end of a discharge leaves
    parameter real DelayNs     = 36.0
) (
    inout  wire bl_p,
    inout  wire bl_n,
    input  wire phi_p_3v3,
    input  wire phi_n_3v3,
    input  wire discharge_1v8,
    output reg  spike_1v8,
    input  wire vref,
    input  wire vth,
    input  wire vlk,
    inout  wire ibias,
    inout  wire vdd1v8,
    inout  wire vss
);

    real    membrane;                     // mV
    real    slope;                        // mV/ns
    real    since;                        // ns
    real    wait_ns;
    integer latest;                       // number of the newest plan; older ones are void
    integer due;

    initial begin
        membrane  = 0.0;
        slope     = 0.0;
        since     = 0.0;
        latest    = 0;
        due       = 0;
        spike_1v8 = 1'b0;
    end

    // Bring the membrane up to now, take the new slope, plan the next spike.
    always @(bl_p or bl_n or phi_p_3v3 or phi_n_3v3 or discharge_1v8) begin
        membrane = membrane + slope * ($realtime - since);
        since    = $realtime;
        slope    = 0.0;
        latest   = latest + 1;
        if (discharge_1v8 === 1'b1) begin
            membrane  = ReleaseMv;
            spike_1v8 = 1'b0;
        end else begin
            // uA x ns / fF = V
            if (phi_p_3v3 === 1'b1 && bl_p === 1'b1) slope = slope + 1000.0 * InputUa / MembraneFf;
            if (phi_n_3v3 === 1'b1 && bl_n === 1'b1) slope = slope - 1000.0 * InputUa / MembraneFf;
            if (membrane >= ThresholdMv) begin
                due <= #(DelayNs) latest;
            end else if (slope > 0.0) begin
                wait_ns = (ThresholdMv - membrane) / slope + DelayNs;
                due <= #(wait_ns) latest;
            end
        end
    end

    // Without supply, bias or ground nothing fires.
    always @(due) begin
        if (due == latest && vdd1v8 === 1'b1 && vss === 1'b0) spike_1v8 = 1'b1;
    end

endmodule

`default_nettype wire
