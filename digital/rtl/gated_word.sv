// A word in flip-flops behind a clock gate of its own: to its readers a register with write enable, without a multiplexer a bit.
`default_nettype none

module gated_word #(
    parameter int unsigned Width = 8
) (
    input  wire              clk_i,
    input  wire              write_i,
    input  wire  [Width-1:0] data_i,
    output logic [Width-1:0] word_o
);

  logic gated_clk;

  clock_gate u_gate (
      .clk_i   (clk_i),
      .enable_i(write_i),
      .clk_o   (gated_clk)
  );

  always_ff @(posedge gated_clk) word_o <= data_i;

endmodule

`default_nettype wire
