// latch_word as its readers see it, on one clock edge: a register with write enable. For proofs only, in place of digital/rtl/latch_word.sv,
// whose latch and clock gate work on both halves of the cycle. data_i is taken in the cycle after write_i, as there.
`default_nettype none
module latch_word #(
    parameter int unsigned Width = 8
) (
    input wire clk_i, input wire write_i, input wire [Width-1:0] data_i, output logic [Width-1:0] word_o
);
  logic write_q;
  logic [Width-1:0] held_q;
  always_ff @(posedge clk_i) begin
    write_q <= write_i;
    held_q  <= word_o;
  end
  assign word_o = write_q ? data_i : held_q;
endmodule
`default_nettype wire
