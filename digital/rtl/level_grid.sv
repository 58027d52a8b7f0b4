// Grid of target codes: base + level * step, by adding, or the grid point nearest to a code. At most 31 additions.
`default_nettype none

module level_grid (
    input  wire        clk_i,
    input  wire        rst_i,
    input  wire controller_pkg::grid_t grid_i,

    input  wire        clear_i,      // target 0
    input  wire        start_i,
    input  wire        nearest_i,    // with start_i: seek the point nearest to code_i, the lower of two equally near
    input  wire  [4:0] level_i,      // with start_i: else this level
    input  wire  [7:0] code_i,       // stable until done
    output logic       busy_o,
    output logic       overflow_o,   // the grid passed 255
    output logic [7:0] target_o
);

  logic [8:0] target_q;
  logic [4:0] left_q;
  logic       busy_q, nearest_q, more;

  // nearest: go on while 2 code > target + (target + step).
  assign more = (left_q != '0) & ~(nearest_q & ({2'd0, code_i, 1'b0} <= {1'b0, target_q, 1'b0} + {3'd0, grid_i.step}));

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      target_q  <= '0;
      left_q    <= '0;
      busy_q    <= 1'b0;
      nearest_q <= 1'b0;
    end else if (start_i) begin
      target_q  <= {1'b0, grid_i.base};
      left_q    <= nearest_i ? grid_i.max_level : level_i;
      busy_q    <= 1'b1;
      nearest_q <= nearest_i;
    end else if (busy_q) begin
      if (more) begin
        // Bit 8 stays once it is set.
        target_q <= {target_q[8], 8'd0} | ({1'b0, target_q[7:0]} + {1'b0, grid_i.step});
        left_q   <= left_q - 5'd1;
      end else begin
        busy_q <= 1'b0;
      end
    end
  end

  assign busy_o     = busy_q;
  assign overflow_o = target_q[8];
  assign target_o   = target_q[7:0];

endmodule

`default_nettype wire
