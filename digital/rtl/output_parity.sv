// Parities of the outputs toward the analog core, for a tester that sees the harness' pins alone: bit k of the result is the parity of
// outputs k, k + 32, k + 64 and so on. 0 unless it is asked for, so that nothing moves on the harness' wires.
`default_nettype none

module output_parity #(
    parameter int unsigned Width = 256
) (
    input  wire  [Width-1:0] outputs_i,
    input  wire              show_i,
    output logic [31:0]      parity_o
);

  always_comb begin
    parity_o = '0;
    for (int unsigned k = 0; k < Width; k++) parity_o[k%32] ^= outputs_i[k] & show_i;
  end

endmodule

`default_nettype wire
