// Walks a rectangle of cells, row by row, columns ascending.
`default_nettype none

module job_walker (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire controller_pkg::region_t  region_i,
    input  wire                           start_i,
    input  wire                           next_i,
    output logic [7:0]                    row_o,
    output logic [7:0]                    col_o,
    output logic                          last_o
);

  logic [7:0] row_q, col_q;
  logic       end_of_row;

  assign end_of_row = col_q == region_i.col_last;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      row_q <= '0;
      col_q <= '0;
    end else if (start_i) begin
      row_q <= region_i.row_first;
      col_q <= region_i.col_first;
    end else if (next_i) begin
      row_q <= row_q + {7'd0, end_of_row};
      col_q <= end_of_row ? region_i.col_first : col_q + 8'd1;
    end
  end

  assign row_o  = row_q;
  assign col_o  = col_q;
  assign last_o = end_of_row & (row_q == region_i.row_last);

endmodule

`default_nettype wire
