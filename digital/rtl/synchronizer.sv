// Two flip-flops a bit for levels that come from another clock or from none.
`default_nettype none

module synchronizer #(
    parameter int unsigned Width = 1
) (
    input  wire              clk_i,
    input  wire              rst_i,
    input  wire  [Width-1:0] async_i,
    output logic [Width-1:0] sync_o
);

  logic [Width-1:0] first_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      first_q <= '0;
      sync_o  <= '0;
    end else begin
      first_q <= async_i;
      sync_o  <= first_q;
    end
  end

endmodule

`default_nettype wire
