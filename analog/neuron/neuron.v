// Behavioural twin of the neuron for digital simulation: a bit line at 1 draws its current from the virtual ground through the switch
// that phi_p_3v3 or phi_n_3v3 opens; the membrane rises, or falls if the source line is lifted. No leak. The current is bl_p_ua, bl_n_ua
// (uA) into a line without resistance, and less by the conductance bl_p_us, bl_n_us (uS) before the neuron's input resistance; by default
// InputUa, subtracted on bl_n.
// Between two events the membrane is a straight line; the time of the spike is computed, not stepped: the comparator decides when
// its overdrive has gathered AreaMvNs (see model.py).
// Numbers: schematic at tt, 27 C, 1.8 V; tests/test_neuron_twins.py compares it with model.py, and that with ngspice.
`default_nettype none
`timescale 1ns / 1ps

module neuron #(
    parameter real InputUa     = 0.89,    // one cell of 40 uS at 50 mV behind its transistor and the neuron's input resistance
    parameter real MembraneFf  = 491.4,
    parameter real InputKohm   = 26.0,    // of the neuron's input while the membrane moves
    parameter real SwitchKohm  = 1.75,    // of it at rest; the rest falls as the bank makes the membrane larger
    parameter real ThresholdMv = 282.8,   // vth - vref and the comparator's offset
    parameter real AreaMvNs    = 1500.0,
    parameter real DelayNs     = 3.0,
    parameter real ReleaseMv   = 2.7,     // what the end of a discharge leaves
    parameter real TrimMv      = 5.9,     // by which a code of the trim lowers the threshold
    parameter integer Standard = 3        // the code at which ThresholdMv holds
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
    input  wire [2:0] trim_1v8,
    input  wire [1:0] bank_1v8,
    input  wire test_1v8,
    input  wire config_1v8,
    inout  wire vtest,
    inout  wire vdd1v8,
    inout  wire vss
);

    real    bl_p_ua, bl_n_ua;             // uA, out of the virtual ground
    real    bl_p_us, bl_n_us;             // uS
    real    membrane;                     // mV
    real    slope;                        // mV/ns
    real    level;                        // mV: of the membrane at which the comparator sees its threshold
    real    area;                         // mV ns: gathered overdrive
    real    since;                        // ns
    real    span;                         // ns since then
    real    over;                         // mV
    real    wait_ns;
    real    root;
    reg [2:0] trim_q;                     // the latches
    reg [1:0] bank_q;
    reg     test_q;
    real    threshold;                    // mV: with the trim
    real    farad;                        // fF: with the bank
    real    kohm;                         // of the input, with the bank
    integer latest;                       // number of the newest plan; older ones are void
    integer due;

    initial begin
        bl_p_ua   = InputUa;
        bl_n_ua   = -InputUa;
        bl_p_us   = 0.0;
        bl_n_us   = 0.0;
        membrane  = 0.0;
        slope     = 0.0;
        trim_q    = Standard;
        bank_q    = 2'd0;
        test_q    = 1'b0;
        threshold = ThresholdMv;
        farad     = MembraneFf;
        kohm      = InputKohm;
        level     = ThresholdMv;
        area      = 0.0;
        since     = 0.0;
        latest    = 0;
        due       = 0;
        spike_1v8 = 1'b0;
    end

    // The latches are open while both are high.
    always @(trim_1v8 or bank_1v8 or test_1v8 or config_1v8 or discharge_1v8) begin
        if (config_1v8 === 1'b1 && discharge_1v8 === 1'b1) begin
            trim_q    = trim_1v8;
            bank_q    = bank_1v8;
            test_q    = test_1v8;
            threshold = ThresholdMv - TrimMv * ($itor(trim_q) - $itor(Standard));
            farad     = MembraneFf * (1.0 + $itor(bank_q) / 2.0);
            kohm      = SwitchKohm + (InputKohm - SwitchKohm) / (1.0 + $itor(bank_q) / 2.0);
        end
    end

    // Of the test access: whether the membrane is on the pad; its level is no logic value.
    assign vtest = test_q ? 1'bx : 1'bz;

    // The virtual ground behind its switch, weaker than what may be tied to the line in a bench; switches (layout/core/verilog.py).
    wire bl_p_on_vref = phi_p_3v3;
    wire bl_n_on_vref = phi_n_3v3;
    assign (weak1, weak0) bl_p = bl_p_on_vref ? vref : 1'bz;
    assign (weak1, weak0) bl_n = bl_n_on_vref ? vref : 1'bz;

    // Bring membrane and overdrive up to now, take the new slope, plan the next spike.
    always @(bl_p or bl_n or bl_p_ua or bl_n_ua or bl_p_us or bl_n_us or phi_p_3v3 or phi_n_3v3 or discharge_1v8) begin
        span = $realtime - since;
        over = membrane - level;
        if (over < 0.0 && slope > 0.0 && slope * span > -over) begin
            span     = span + over / slope;
            membrane = level;
            over     = 0.0;
        end
        membrane = membrane + slope * span;
        if (over >= 0.0) area = area + over * span + slope * span * span / 2.0;
        else area = 0.0;
        since  = $realtime;
        slope  = 0.0;
        latest = latest + 1;
        if (discharge_1v8 === 1'b1) begin
            membrane  = ReleaseMv;
            area      = 0.0;
            level     = threshold;
            spike_1v8 = 1'b0;
        end else begin
            // uA x ns / fF = V; uS x kohm = 1/1000
            if (phi_p_3v3 === 1'b1 && bl_p === 1'b1) slope = slope + 1000.0 * bl_p_ua / (1.0 + bl_p_us * kohm / 1000.0) / farad;
            if (phi_n_3v3 === 1'b1 && bl_n === 1'b1) slope = slope + 1000.0 * bl_n_ua / (1.0 + bl_n_us * kohm / 1000.0) / farad;
            level = threshold;
            if (slope > 0.0) level = level + slope * farad * kohm / 1000.0;
            over    = membrane - level;
            wait_ns = 0.0;
            if (over < 0.0 && slope > 0.0) begin
                wait_ns = -over / slope;
                over    = 0.0;
            end
            root = over * over + 2.0 * slope * (AreaMvNs - area);
            if (area >= AreaMvNs) due <= #(DelayNs) latest;
            else if (over > 0.0 && slope == 0.0) due <= #((AreaMvNs - area) / over + DelayNs) latest;
            else if (over >= 0.0 && slope != 0.0 && root >= 0.0) due <= #(wait_ns + ($sqrt(root) - over) / slope + DelayNs) latest;
        end
    end

    // Without supply, bias or ground nothing fires.
    always @(due) begin
        if (due == latest && vdd1v8 === 1'b1 && vss === 1'b0) spike_1v8 = 1'b1;
    end

endmodule

`default_nettype wire
