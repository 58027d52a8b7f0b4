// Storage of the registers MASK0 to MASK3: one bit for each neuron that exists.
`default_nettype none

module neuron_mask #(
    parameter int unsigned Neurons = 32
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire  [3:0]         write_i,       // one a word
    input  wire  [31:0]        data_i,
    output logic [Neurons-1:0] mask_o
);

  // Words and bits of neurons that do not exist.
  logic unused;
  assign unused = &{1'b0, write_i, data_i};

  for (genvar n = 0; n < Neurons; n++) begin : gen_bit
    logic mask_q;

    always_ff @(posedge clk_i) begin
      if (rst_i) begin
        mask_q <= 1'b0;
      end else if (write_i[n/32]) begin
        mask_q <= data_i[n%32];
      end
    end

    assign mask_o[n] = mask_q;
  end

endmodule

`default_nettype wire
