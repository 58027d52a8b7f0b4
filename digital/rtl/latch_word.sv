// A word in latches behind a clock gate of its own: to its readers a register with write enable, in two thirds of the area.
//
// It opens in the first half of the cycle after write_i, so data_i is what flip-flops take over at the end of the cycle of write_i. The
// latch's update is non-blocking: a flip-flop that reads it at the edge that opens it still gets the old word, as in hardware.
`default_nettype none

module latch_word #(
    parameter int unsigned Width = 8
) (
    input  wire              clk_i,
    input  wire              write_i,
    input  wire  [Width-1:0] data_i,  // one cycle after write_i, stable until the clock falls
    output logic [Width-1:0] word_o
);

  logic open;

  clock_gate u_gate (
      .clk_i   (clk_i),
      .enable_i(write_i),
      .clk_o   (open)
  );

`ifdef VERILATOR
  // In Verilator a latch opens before the flip-flops of the same edge are read and written, and shows the data of the write before. This
  // one opens behind them: readers at that edge get the old word, and nobody the data of another write.
  logic opened;

  always_ff @(edge open) opened <= open;
  always_ff @(posedge opened) word_o <= data_i;
`else
  always_latch begin
    if (open) word_o <= data_i;
  end
`endif

endmodule

`default_nettype wire
