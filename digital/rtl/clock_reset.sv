// Reset of the whole controller, by the pin or because the clock stands while something drives cells (clock_watch); and what tells that it
// was the latter.
`default_nettype none

module clock_reset (
    input  wire  clk_i,
    input  wire  pin_rst_i,
    input  wire  lost_i,    // asynchronous: the clock stands
    input  wire  clear_i,
    // Lint waiver: as in reset_synchronizer.
    /* verilator lint_off SYNCASYNCNET */
    output logic rst_o,
    /* verilator lint_on SYNCASYNCNET */
    output logic clock_o,   // the clock as data, for clock_watch
    output logic lost_o     // the clock was lost, since the pin's reset or clear_i
);

  reset_synchronizer u_reset (
      .clk_i      (clk_i),
      .async_rst_i(pin_rst_i | lost_i),
      .rst_o      (rst_o)
  );

  clock_copy u_copy (
      .clk_i  (clk_i),
      .rst_i  (rst_o),
      .clock_o(clock_o)
  );

  clock_flag u_flag (
      .clk_i      (clk_i),
      .async_rst_i(pin_rst_i),
      .lost_i     (lost_i),
      .clear_i    (clear_i),
      .lost_o     (lost_o)
  );

endmodule

`default_nettype wire
