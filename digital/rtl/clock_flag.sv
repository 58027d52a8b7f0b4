// Remembers that the clock was lost, through the reset that this makes, until the pin's reset or software takes it away.
`default_nettype none

module clock_flag (
    input  wire  clk_i,
    input  wire  async_rst_i,  // the pin
    input  wire  lost_i,       // asynchronous
    input  wire  clear_i,
    output logic lost_o
);

  // Lint waiver: as in reset_synchronizer.
  /* verilator lint_off SYNCASYNCNET */
  logic rst;
  /* verilator lint_on SYNCASYNCNET */

  reset_synchronizer u_reset (
      .clk_i      (clk_i),
      .async_rst_i(async_rst_i),
      .rst_o      (rst)
  );

  logic lost_q;

  always_ff @(posedge clk_i or posedge lost_i) begin
    if (lost_i) begin
      lost_q <= 1'b1;
    end else if (rst || clear_i) begin
      lost_q <= 1'b0;
    end
  end

  assign lost_o = lost_q;

endmodule

`default_nettype wire
