// Behavioural twin of the neuron for digital simulation: while both lines are connected they stand at vread, and in a window of
// integ_1v8 the membrane takes what bl_p's cells draw less what bl_n's do, at the ratio of ratio_b_1v8. It keeps its sum, less by a share
// of it with each window, and leaks by vlk. The spike is set when the comparator has found the membrane over its threshold and hold_1v8 is
// low; it lasts until discharge_1v8. The currents are bl_p_ua, bl_n_ua (uA) out of lines without resistance, less by the conductances
// bl_p_us, bl_n_us (uS) behind the line's resistance; vref_volts, vread_volts, vth_volts and vlk_volts are levels (layout/core/verilog.py).
// The membrane is a line between two events, an exponential with a leak. The comparator decides when its overdrive has gathered AreaMvNs;
// time is stepped while it does.
// Numbers: schematic at tt, 27 C, 1.8 V; tests/test_neuron_twin.py holds them to the front end's model.py and to the measured figures.
`default_nettype none
`timescale 1ns / 1ps

module neuron #(
    parameter real Gain       = 0.989,     // of the front end for a small current
    parameter real LineOhm    = 38.0,
    parameter real Units      = 32.0,      // of a mirror's input
    parameter real PairStep   = 0.0119,    // of bl_n's gain, a code of the pair's trim
    parameter real PairMiddle = 16.0,
    parameter real ZeroUs     = -2.259,    // what a window without a cell gives, as cells on bl_p
    parameter real MembraneFf = 519.5,
    parameter real Loss       = 0.02186,   // share of its height that a window takes of the membrane
    parameter real SwingMv    = 850.0,     // the membrane goes no farther from rest
    parameter real ReleaseMv  = -2.605,    // what the end of a discharge leaves
    parameter real TrimMv     = 7.038,     // by which a code of the trim lowers the threshold
    parameter real Standard   = 3.0,       // the code at which the threshold is vth
    parameter real AreaMvNs   = 600.0,    // overdrive that the comparator gathers until it decides
    parameter real LetGoNs    = 0.6086,    // from hold_1v8 to a spike that waits
    parameter real LeakNs     = 461.4,     // time constant of the leak at LeakV
    parameter real LeakV      = 1.8,
    parameter real LeakSlopeV = 0.0606,    // by so much less on vlk it is e times longer
    parameter real StepNs     = 1.0
) (
    inout  wire bl_p,
    inout  wire bl_n,
    input  wire con_vpp,
    input  wire wake_1v8,
    input  wire integ_1v8,
    input  wire [2:0] ratio_b_1v8,
    input  wire hold_1v8,
    input  wire discharge_1v8,
    input  wire [4:0] pair_1v8,
    input  wire [2:0] trim_1v8,
    input  wire test_1v8,
    input  wire config_1v8,
    output reg  spike_1v8,
    inout  wire vref,
    input  wire vread,
    input  wire vth,
    input  wire vlk,
    input  wire nbias,
    input  wire cbias,
    inout  wire vtest,
    inout  wire vdd1v8,
    inout  wire vss
);

    real    bl_p_ua, bl_n_ua;             // uA, out of the lines
    real    bl_p_us, bl_n_us;             // uS
    real    vref_volts, vread_volts, vth_volts, vlk_volts;
    real    membrane;                     // mV above vref
    real    slope;                        // mV/ns
    real    since, span;                  // ns
    real    leak, share;                  // ns; part of the membrane that it leaves
    real    p, n;                         // uA
    real    over, earlier;                // mV: of the membrane over the threshold, and a step ago
    real    area;                         // mV ns: gathered overdrive
    reg [4:0] pair_q;                     // the latches
    reg [2:0] trim_q;
    reg     test_q;
    reg     listened;
    event   touched;

    // Without supply, levels or gate lines nothing is held, summed or compared.
    wire powered  = vdd1v8 === 1'b1 && vss === 1'b0 && vref === 1'b1;
    wire holds    = powered && con_vpp === 1'b1 && vread === 1'b1 && nbias === 1'b1;
    wire listens  = holds && wake_1v8 === 1'b1 && integ_1v8 === 1'b1 && discharge_1v8 === 1'b0;
    wire compares = powered && vth === 1'b1 && cbias === 1'b1 && discharge_1v8 === 1'b0;
    wire sets     = compares && area >= AreaMvNs && hold_1v8 === 1'b0;

    // The lines, weaker than what may be tied to them in a bench; switches (layout/core/verilog.py).
    wire bl_p_on_vread = holds;
    wire bl_n_on_vread = holds;
    assign (weak1, weak0) bl_p = bl_p_on_vread ? vread : 1'bz;
    assign (weak1, weak0) bl_n = bl_n_on_vread ? vread : 1'bz;

    // Of the test access: whether the membrane is on the pad; its level is no logic value.
    assign vtest = test_q ? 1'bx : 1'bz;

    initial begin
        leak      = LeakNs;
        pair_q    = PairMiddle;
        trim_q    = Standard;
        test_q    = 1'b0;
        listened  = 1'b0;
        spike_1v8 = 1'b0;
    end

    // The latches are open while both are high.
    always @(pair_1v8 or trim_1v8 or test_1v8 or config_1v8 or discharge_1v8) begin
        if (config_1v8 === 1'b1 && discharge_1v8 === 1'b1) begin
            pair_q = pair_1v8;
            trim_q = trim_1v8;
            test_q = test_1v8;
        end
    end

    // The membrane up to now.
    task follow;
        begin
            span  = $realtime - since;
            since = $realtime;
            share = span > 0.0 ? span / leak : 0.0;
            if (share < 1e-6) membrane = membrane + slope * span;
            else membrane = slope * leak + (membrane - slope * leak) * $exp(-share);
            if (membrane > SwingMv) membrane = SwingMv;
            if (membrane < -SwingMv) membrane = -SwingMv;
        end
    endtask

    // A change of an input: the membrane up to now, then its new slope.
    always @(listens or compares or hold_1v8 or ratio_b_1v8 or discharge_1v8 or pair_q or trim_q or bl_p or bl_n or bl_p_ua or bl_n_ua
             or bl_p_us or bl_n_us or vref_volts or vread_volts or vth_volts or vlk_volts) begin
        follow;
        leak  = LeakNs * $exp((LeakV - vlk_volts) / LeakSlopeV);
        slope = 0.0;
        if (discharge_1v8 === 1'b1) begin
            membrane  = ReleaseMv;
            spike_1v8 = 1'b0;
        end
        if (listens) begin
            if (!listened) membrane = membrane * (1.0 - Loss);
            p = bl_p === 1'b1 ? Gain * bl_p_ua / (1.0 + bl_p_us * LineOhm / 1e6) : 0.0;
            n = bl_n === 1'b1 ? Gain * bl_n_ua / (1.0 + bl_n_us * LineOhm / 1e6) : 0.0;
            n = n * (1.0 - PairStep * ($itor(pair_q) - PairMiddle));
            // uA x ns / fF = V
            slope = 1000.0 * (8.0 - $itor(ratio_b_1v8)) / Units * (p - n + ZeroUs * vread_volts) / MembraneFf;
        end
        listened = listens;
        -> touched;
    end

    // The comparator: stepped while its overdrive gathers or the membrane may come to the threshold, at rest otherwise.
    always begin
        follow;
        earlier = over;
        over   = membrane - 1000.0 * (vth_volts - vref_volts) + TrimMv * ($itor(trim_q) - Standard);
        if (!compares || over < 0.0) area = 0.0;
        else if (area < AreaMvNs) area = area + StepNs * (over + (earlier > 0.0 ? earlier : 0.0)) / 2.0;
        if (compares && area < AreaMvNs && (over >= 0.0 || slope > 0.0)) #(StepNs);
        else begin
            @(touched);
            over = 0.0;
        end
    end

    always @(posedge sets) begin
        #(LetGoNs);
        if (sets) spike_1v8 = 1'b1;
    end

endmodule

`default_nettype wire
