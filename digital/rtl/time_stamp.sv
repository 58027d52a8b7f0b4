// Time for the spikes: counts ticks of 2^shift_i clock cycles while enabled, modulo 2^16; 0 while it is not. So a stamp is the time since the
// neurons were enabled, and each turn around the end is told.
`default_nettype none

module time_stamp (
    input  wire                                   clk_i,
    input  wire                                   rst_i,
    input  wire                                   enable_i,
    input  wire  [3:0]                            shift_i,
    output logic [controller_pkg::StampWidth-1:0] now_o,
    output logic                                  wrapped_o  // one cycle; in the next one now_o is 0
);

  logic [14:0]                           cycles_q, mask;
  logic [controller_pkg::StampWidth-1:0] stamp_q;
  logic                                  tick, cycles_clk, stamp_clk;

  assign mask      = ~(15'h7FFF << shift_i);
  assign tick      = enable_i & ((cycles_q & mask) == mask);
  assign wrapped_o = tick & (&stamp_q);
  assign now_o     = stamp_q;

  clock_gate u_clock_cycles (.clk_i(clk_i), .enable_i(rst_i | enable_i | (cycles_q != '0)), .clk_o(cycles_clk));
  clock_gate u_clock_stamp (.clk_i(clk_i), .enable_i(rst_i | tick | (~enable_i & (stamp_q != '0))), .clk_o(stamp_clk));

  always_ff @(posedge cycles_clk) begin
    if (rst_i || !enable_i) begin
      cycles_q <= '0;
    end else begin
      cycles_q <= cycles_q + 15'd1;
    end
  end

  always_ff @(posedge stamp_clk) begin
    if (rst_i || !enable_i) begin
      stamp_q <= '0;
    end else if (tick) begin
      stamp_q <= stamp_q + controller_pkg::StampWidth'(1);
    end
  end

endmodule

`default_nettype wire
