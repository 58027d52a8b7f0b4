// Properties of image_sequencer; the flip-flops of path_interlock stand behind its rows.
`default_nettype none
module image_sequencer_props (
    input wire clk_i, input wire rst_i, input wire start_i, input wire stop_i, input wire grant_i, input wire [15:0] planes_i,
    input wire [1:0] lowest_i, input wire [31:0] window_i, input wire [11:0] ratio_i, input wire [7:0] clear_i, input wire [7:0] lead_i,
    input wire [7:0] open_i, input wire [7:0] close_i, input wire [7:0] tail_i, input wire [7:0] step_i, input wire [5:0] top_i,
    input wire [3:0] spike_i,
    output wire assume_settings_stable,
    output wire p_rows_are_a_plane, output wire p_rows_only_awake, output wire p_window_inside_rows, output wire p_window_as_asked,
    output wire p_rows_still_in_window, output wire p_ratio_still_awake, output wire p_hold_until_all_is_shown,
    output wire p_threshold_at_top_meanwhile, output wire p_threshold_falls_by_one, output wire p_stop_ends_rows, output wire p_stop_names_nobody,
    output wire p_winner_has_spiked, output wire p_no_winner_without_spike, output wire p_discharged_before_and_after,
    output wire p_idle_is_quiet, output wire p_no_start_without_grant,
    output wire i_rows_of_state, output wire i_length_of_window, output wire i_top_of_state, output wire i_shows_meanwhile, output wire i_leads_in_clear,
    output wire c_winner, output wire c_nobody, output wire c_second_plane
);
  logic [3:0] row_next, row_q, row_was;
  logic wake, integ, hold, discharge, busy, done, found, wake_was, integ_was, hold_was, found_was, discharge_was, stop_was, rst_was, busy_was;
  logic allowed_was, stopped;
  logic [2:0] ratio, ratio_was;
  logic [5:0] threshold, threshold_was;
  logic [1:0] winner;
  logic [3:0] spike_was;
  logic [8:0] listened;
  logic [7:0] asked;
  logic [15:0] planes_was;
  logic [31:0] window_was;
  logic [11:0] ratios_was;
  logic [5:0] top_was;
  image_sequencer #(.Rows(4), .Neurons(4)) dut (
      .clk_i, .rst_i, .start_i, .stop_i, .grant_i, .planes_i, .lowest_i, .window_cycles_i(window_i), .ratio_i, .clear_cycles_i(clear_i),
      .lead_cycles_i(lead_i), .open_cycles_i(open_i), .close_cycles_i(close_i), .tail_cycles_i(tail_i), .step_cycles_i(step_i),
      .top_code_i(top_i), .spike_i, .row_next_o(row_next), .wake_o(wake), .integ_o(integ), .ratio_o(ratio), .hold_o(hold),
      .discharge_o(discharge), .threshold_o(threshold), .busy_o(busy), .done_o(done), .found_o(found), .winner_o(winner));
  always_ff @(posedge clk_i) begin
    row_q <= rst_i ? '0 : row_next;
    row_was <= rst_i ? '0 : row_q;
    {wake_was, integ_was, hold_was, found_was, discharge_was, busy_was} <= rst_i ? 6'b001000 : {wake, integ, hold, found, discharge, busy};
    {stop_was, rst_was} <= {stop_i, rst_i};
    allowed_was <= start_i & grant_i;
    stopped <= ~rst_i & busy & (stopped | stop_i);
    {ratio_was, threshold_was, spike_was} <= {ratio, threshold, spike_i};
    listened <= (rst_i || !integ) ? '0 : listened + 9'd1;
    {planes_was, window_was, ratios_was, top_was} <= {planes_i, window_i, ratio_i, top_i};
  end
  assign asked = window_i[8*dut.plane_q +: 8];
  // software does not write an image or its settings while one is shown
  assign assume_settings_stable = ~(busy | busy_was) | (planes_was == planes_i && window_was == window_i && ratios_was == ratio_i && top_was == top_i);

  wire [3:0] plane = planes_i[4*dut.plane_q +: 4];
  wire shows = (dut.u_exposure.state_q == 3'd2) | (dut.u_exposure.state_q == 3'd3) | (dut.u_exposure.state_q == 3'd4);
  assign i_rows_of_state = row_q == (shows ? plane : 4'd0);
  assign i_length_of_window = ~integ | ((asked == 8'd0) ? (listened == 9'd0 && dut.u_exposure.timer_q == 8'd0) :
                              (listened + {1'b0, dut.u_exposure.timer_q} == {1'b0, asked} && dut.u_exposure.timer_q != 8'd0));
  assign i_shows_meanwhile = (dut.state_q == 3'd2 || !wake || dut.state_q == 3'd1) & (wake | (dut.state_q != 3'd2)) & (dut.u_exposure.state_q <= 3'd5) &
                             (dut.state_q <= 3'd4);
  assign i_leads_in_clear = ~wake | (dut.state_q != 3'd1) | (dut.u_exposure.state_q == 3'd1 && dut.u_exposure.timer_q >= dut.timer_q);
  assign i_top_of_state = ~busy | (dut.state_q == 3'd3) | (dut.state_q == 3'd4) | (threshold == top_i);

  assign p_rows_are_a_plane = (row_q == 4'd0) | (row_q == planes_i[3:0]) | (row_q == planes_i[7:4]) | (row_q == planes_i[11:8]) |
                              (row_q == planes_i[15:12]);
  assign p_rows_only_awake = (row_q == 4'd0) | (wake & busy & hold & ~discharge);
  assign p_window_inside_rows = ~integ | (wake & hold & (row_q == plane) & (row_was == row_q));
  assign p_window_as_asked = ~(integ_was & ~integ) | rst_was | stop_was | (listened == ((asked == 8'd0) ? 9'd1 : {1'b0, asked}));
  assign p_rows_still_in_window = ~(integ & integ_was) | (row_q == row_was);
  assign p_ratio_still_awake = ~(wake & wake_was) | (ratio == ratio_was) | (row_q == 4'd0 && row_was == 4'd0);
  assign p_hold_until_all_is_shown = hold | (~wake & ~integ & (row_q == 4'd0));
  assign p_threshold_at_top_meanwhile = ~wake | (threshold == top_i);
  assign p_threshold_falls_by_one = (hold | hold_was) | (threshold == threshold_was) | (threshold == threshold_was - 6'd1);
  assign p_stop_ends_rows = ~stop_was | rst_was | (row_q == 4'd0);
  assign p_stop_names_nobody = ~(stop_was & busy_was) | rst_was | ~found;
  assign p_winner_has_spiked = ~(found & ~found_was) | (spike_was[winner] & ~|(spike_was & ((4'd1 << winner) - 4'd1)));
  assign p_no_winner_without_spike = ~(found & ~found_was) | (~hold_was & (|spike_was));
  assign p_discharged_before_and_after = ~(busy_was & ~busy) | discharge_was | rst_was;
  assign p_idle_is_quiet = busy | ((row_q == 4'd0) & ~wake & ~integ & ~discharge & hold);
  assign p_no_start_without_grant = ~(busy & ~busy_was) | allowed_was | rst_was;
  assign c_winner = done & found;
  assign c_nobody = done & ~found & (threshold == 6'd0) & ~stopped;
  assign c_second_plane = integ & (dut.plane_q == 2'd2);
endmodule
`default_nettype wire
