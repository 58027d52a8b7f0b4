// Behavioural array of 1T1R cells for digital simulation. Levels are reals, set from outside together with the event `moved`:
// wl_volts, bl_volts, sl_volts (V, one a line); what flows is told with the event `measured`: bl_ua (uA, into the array), bl_us (uS),
// sums over the rows that are on. The state of a cell is us, its conductance at 0.2 V with the transistor (uS), row by row.
//   forming  the time of a pristine cell, 1 us at FormV, shrinks ten times with each FormDecadeV; then SET, times Overshoot
//   SET      above SetV the conductance rises with the logarithm of time to goal = SlopeUs u + CurveUs u^2 after SetNs,
//            u = v(wl) - KneeV: the transistor limits the current
//   RESET    below -ResetV with the word line above ResetWlV it falls to FloorUs, with a time constant that shrinks as it falls
// No noise, no spread, no drift, no current through a word line that is off. Numbers: the numpy twin (software/emulator/cells.py)
// without its statistics; verification/chip/tests/test_chip_array.py compares the two.
`default_nettype none
`timescale 1ns / 1ps

module synapse_array #(
    parameter integer Rows     = 8,
    parameter integer Columns  = 8,
    parameter real PristineUs  = 0.05,
    parameter real FormV       = 2.6,
    parameter real FormDecadeV = 0.1,
    parameter real Overshoot   = 1.25,
    parameter real SetV        = 2.2,
    parameter real KneeV       = 0.96,
    parameter real SlopeUs     = 24.0,
    parameter real CurveUs     = 22.5,
    parameter real SetNs       = 10000.0,
    parameter real Share       = 0.078,     // of goal: by how much e times the time raises the conductance
    parameter real ResetV      = 1.9,
    parameter real ResetWlV    = 2.9,
    parameter real ResetNs     = 22.0,      // time constant of a cell without conductance at -ResetV
    parameter real ResetUs     = 5.785,     // by so much more conductance it is e times longer
    parameter real ResetSlopeV = 0.975,     // by so much more voltage it is e times shorter
    parameter real FloorUs     = 0.31,
    parameter real StepNs      = 10.0       // of the integration of RESET
) (
    input  wire [Rows-1:0]    wl,
    inout  wire [Columns-1:0] bl,
    inout  wire [Rows/2-1:0]  sl,
    inout  wire               vss
);

    localparam integer Cells = Rows * Columns;

    real wl_volts[0:Rows-1], bl_volts[0:Columns-1], sl_volts[0:Rows/2-1];
    real bl_us[0:Columns-1], bl_ua[0:Columns-1];
    event moved, measured;

    real us[0:Cells-1];
    real stress[0:Cells-1];                 // share of the forming time
    reg  formed[0:Cells-1];

    reg  [Rows-1:0] on;                     // rows, since the last change
    real across[0:Cells-1];                 // V from bit line to source line, 0 if one is open
    reg  clash[0:Cells-1];                  // two levels on one of its lines
    real gate[0:Rows-1];                    // V
    real since, span, left, u, goal, width, x, tau;
    integer r, c, k;

    initial begin
        on    = {Rows{1'b0}};
        since = 0.0;
        for (k = 0; k < Cells; k = k + 1) begin
            us[k]     = PristineUs;
            stress[k] = 0.0;
            formed[k] = 1'b0;
        end
    end

    // What the lines did to cell k over span.
    task age;
        begin
            if (clash[k]) $fatal(1, "synapse_array: two levels meet on the lines of row %0d, column %0d", r, c);
            if (across[k] >= SetV && vss === 1'b0) begin
                u    = gate[r] - KneeV;
                goal = SlopeUs * u + CurveUs * u * u;
                if (!formed[k]) stress[k] = stress[k] + span / 1000.0 * $pow(10.0, (across[k] - FormV) / FormDecadeV);
                if (u > 0.0 && stress[k] >= 1.0) begin
                    width = Share * goal;
                    x     = (us[k] - goal) / width;
                    // Beyond, the logarithm leaves it where it is.
                    if (x < 40.0) x = $ln($exp(x) + span / SetNs);
                    if (goal + width * x > us[k]) us[k] = goal + width * x;
                    if (!formed[k]) us[k] = us[k] * Overshoot;
                    formed[k] = 1'b1;
                end
            end
            if (across[k] <= -ResetV && gate[r] >= ResetWlV && formed[k] && vss === 1'b0) begin
                for (left = span; left > 0.0; left = left - StepNs) begin
                    tau   = ResetNs * $exp(us[k] / ResetUs + (across[k] + ResetV) / ResetSlopeV);
                    us[k] = FloorUs + (us[k] - FloorUs) * $exp(-(left < StepNs ? left : StepNs) / tau);
                end
            end
        end
    endtask

    always @(wl or bl or sl or moved) begin
        span  = $realtime - since;
        since = $realtime;
        for (r = 0; r < Rows; r = r + 1)
            for (c = 0; c < Columns && on[r] && span > 0.0; c = c + 1) begin
                k = r * Columns + c;
                age;
            end
        for (c = 0; c < Columns; c = c + 1) begin
            bl_us[c] = 0.0;
            bl_ua[c] = 0.0;
        end
        for (r = 0; r < Rows; r = r + 1) begin
            on[r]   = wl[r] === 1'b1;
            gate[r] = wl_volts[r];
            for (c = 0; c < Columns && on[r]; c = c + 1) begin
                k         = r * Columns + c;
                clash[k]  = bl[c] === 1'bx || sl[r/2] === 1'bx;
                across[k] = bl[c] === 1'bz || sl[r/2] === 1'bz ? 0.0 : bl_volts[c] - sl_volts[r/2];
                bl_us[c]  = bl_us[c] + us[k];
                bl_ua[c]  = bl_ua[c] + us[k] * across[k];
            end
        end
        -> measured;
    end

endmodule

`default_nettype wire
