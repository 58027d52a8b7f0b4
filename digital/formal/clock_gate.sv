// clock_gate in proofs: the clock as it is. Yosys' sat looks at no clock, every register takes its data in every step. That a gate changes
// nothing is a proof of its own (digital/formal/gates.py), for which gate_enable stays.
`default_nettype none
module clock_gate #(
    parameter bit Strong = 1'b0
) (
    input wire clk_i, input wire enable_i, output logic clk_o
);
  (* keep *) logic gate_enable;
  assign gate_enable = enable_i;
  assign clk_o = clk_i;
endmodule
`default_nettype wire
