// Reset of the whole controller: begins at once, clock or none, and ends two clock edges after the pin fell.
//
// Flip-flops toward the analog core take it asynchronously, so that no row, switch or waveform is on from the first moment of reset, also
// while the supply rises and no clock runs yet. All others take it at the clock: two edges come before it ends.
`default_nettype none

module reset_synchronizer (
    input  wire  clk_i,
    input  wire  async_rst_i,
    // Lint waiver: taken asynchronously and at the clock, as said above.
    /* verilator lint_off SYNCASYNCNET */
    output logic rst_o
    /* verilator lint_on SYNCASYNCNET */
);

  logic first_q;

  always_ff @(posedge clk_i or posedge async_rst_i) begin
    if (async_rst_i) begin
      first_q <= 1'b1;
      rst_o   <= 1'b1;
    end else begin
      first_q <= 1'b0;
      rst_o   <= first_q;
    end
  end

endmodule

`default_nettype wire
