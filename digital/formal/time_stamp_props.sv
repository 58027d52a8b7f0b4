// Properties of time_stamp beside a count of all cycles; a tick is as long as it is while the neurons are enabled.
`default_nettype none
module time_stamp_props (
    input wire clk_i, input wire rst_i, input wire enable_i, input wire [3:0] shift_i,
    output wire assume_shift_stays,
    output wire p_counts_ticks, output wire p_one_tick_at_a_time, output wire p_off_is_zero, output wire p_wrap_told,
    output wire i_cycles, output wire c_ticks
);
  logic [15:0] now, now_was;
  logic [30:0] age;
  logic [3:0]  shift_was;
  logic        wrapped, wrapped_was, on, started;
  time_stamp dut (.clk_i, .rst_i, .enable_i, .shift_i, .now_o(now), .wrapped_o(wrapped));
  always_ff @(posedge clk_i) begin
    now_was     <= now;
    shift_was   <= shift_i;
    wrapped_was <= wrapped & ~rst_i;
    on          <= enable_i & ~rst_i;
    started     <= 1'b1;
    age         <= (enable_i & ~rst_i) ? age + 31'd1 : '0;
  end
  assign assume_shift_stays = ~started | ~on | (shift_i == shift_was);
  assign p_counts_ticks = now == 16'(age >> shift_i) | (age == '0);
  assign p_one_tick_at_a_time = ~on | (now == now_was) | (now == now_was + 16'd1);
  assign p_off_is_zero = on | (now == '0);
  assign p_wrap_told = wrapped_was == (on & (now_was == '1) & (now == '0));
  assign i_cycles = (dut.cycles_q == age[14:0]) & ((age != '0) | (now == '0)) & (on | (age == '0));
  assign c_ticks = (now == 16'd3) & (shift_i == 4'd2);
endmodule
`default_nettype wire
