// The lowest set bit alone, or none. In steps that double: a chain through all neurons would be the longest path of the controller.
`default_nettype none

module lowest_bit #(
    parameter int unsigned Width = 32
) (
    input  wire  [Width-1:0] bits_i,
    output logic [Width-1:0] lowest_o
);

  function automatic logic [Width-1:0] lowest(input logic [Width-1:0] bits);
    logic [Width-1:0] reached;  // some bit here or below is set
    reached = bits;
    for (int step = 1; step < Width; step = 2 * step) reached = reached | (reached << step);
    lowest = bits & ~(reached << 1);
  endfunction

  assign lowest_o = lowest(bits_i);

endmodule

`default_nettype wire
