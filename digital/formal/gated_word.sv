// gated_word as its readers see it: a register with write enable. For proofs only, in place of digital/rtl/gated_word.sv.
`default_nettype none
module gated_word #(
    parameter int unsigned Width = 8
) (
    input wire clk_i, input wire write_i, input wire [Width-1:0] data_i, output logic [Width-1:0] word_o
);
  always_ff @(posedge clk_i) if (write_i) word_o <= data_i;
endmodule
`default_nettype wire
