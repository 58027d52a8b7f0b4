// High while the clock is high, as data: a flip-flop that turns over at each rising edge, and a latch that follows it while the clock is low.
// The clock tree and its timing end here. Whatever comes behind can be as slow as it likes, and clock tree synthesis does not go there.
//
// The flip-flop turns over after the latch has closed, so each edge of the clock moves one of the two: no glitch.
`default_nettype none

module clock_copy (
    input  wire  clk_i,
    input  wire  rst_i,
    output logic clock_o
);

  // Equivalence without time would see that nothing depends on them.
  (* keep *)
  logic toggle_q;
  (* keep *)
  logic low_q;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      toggle_q <= 1'b0;
    end else begin
      toggle_q <= ~toggle_q;
    end
  end

`ifdef SCL_sky130_fd_sc_hd
  // Lint waiver: as in clock_gate.
  /* verilator lint_off PINMISSING */
  sky130_fd_sc_hd__dlxtp_1 u_low (
      .D   (toggle_q),
      .GATE(~clk_i),
      .Q   (low_q)
  );
  /* verilator lint_on PINMISSING */
`else
  // Lint waiver: as in latch_word.
  /* verilator lint_off COMBDLY */
  /* verilator lint_off NOLATCH */
  always_latch begin
    if (!clk_i) low_q <= toggle_q;
  end
  /* verilator lint_on NOLATCH */
  /* verilator lint_on COMBDLY */
`endif

  assign clock_o = toggle_q ^ low_q;

endmodule

`default_nettype wire
