// Properties of event_sequencer; the flip-flops of path_interlock stand behind its rows.
`default_nettype none
module event_sequencer_props (
    input wire clk_i, input wire rst_i, input wire enable_i, input wire grant_i, input wire multi_i, input wire [7:0] lead_i,
    input wire [7:0] open_i, input wire [7:0] window_i, input wire [7:0] close_i, input wire [7:0] tail_i, input wire [9:0] gather_i,
    input wire valid_i, input wire [7:0] event_row_i,
    output wire assume_settings_stable, output wire assume_row_exists,
    output wire p_rows_are_events, output wire p_rows_only_awake, output wire p_window_inside_rows, output wire p_window_as_asked,
    output wire p_rows_still_in_window, output wire p_one_row, output wire p_no_start_without_grant, output wire p_disabled_forgets,
    output wire p_idle_is_quiet, output wire p_goes_on, output wire p_no_row_twice_in_a_set,
    output wire i_owed, output wire i_shown, output wire i_rows_of_state, output wire i_length_of_window, output wire i_state,
    output wire c_set, output wire c_waits, output wire c_second
);
  logic [3:0] row_next, row_q, row_was, hot, owed, expected, set_was;
  logic ready, wake, integ, busy, wake_was, integ_was, grant_was, enable_was, busy_was, rst_was, multi_was, once, allowed, started;
  logic [7:0] window_was, timer_was, lead_was;
  logic [2:0] state_was;
  logic [8:0] listened;
  event_sequencer #(.Rows(4)) dut (
      .clk_i, .rst_i, .enable_i, .grant_i, .multi_hot_i(multi_i), .lead_cycles_i(lead_i), .open_cycles_i(open_i),
      .window_cycles_i(window_i), .close_cycles_i(close_i), .tail_cycles_i(tail_i), .gather_cycles_i(gather_i), .event_valid_i(valid_i),
      .event_row_i, .event_ready_o(ready), .event_hot_o(hot), .row_next_o(row_next), .wake_o(wake), .integ_o(integ), .busy_o(busy));
  wire [3:0] taken = (valid_i & ready) ? 4'd1 << event_row_i[1:0] : 4'd0;
  wire starts = (~wake | dut.last) & (dut.u_exposure.state_d == 3'd1);
  always_ff @(posedge clk_i) begin
    row_q <= rst_i ? '0 : row_next;
    row_was <= rst_i ? '0 : row_q;
    {wake_was, integ_was, busy_was} <= rst_i ? 3'd0 : {wake, integ, busy};
    {grant_was, enable_was, rst_was, multi_was} <= {grant_i, enable_i, rst_i, multi_i};
    {window_was, timer_was, state_was, lead_was} <= {window_i, dut.u_exposure.timer_q, dut.u_exposure.state_q, lead_i};
    listened <= (rst_i || !integ) ? '0 : listened + 9'd1;
    set_was <= owed;
    allowed <= grant_i;
    once <= ~rst_i & (once | (starts & wake));
    started <= ~rst_i & starts;
    if (rst_i) begin
      owed <= '0;
      expected <= '0;
    end else begin
      if (starts) expected <= multi_i ? owed : taken;
      owed <= (enable_i && multi_i) ? ((starts ? 4'd0 : owed) | taken) : 4'd0;
    end
  end
  // software changes the mode and the times only while nothing is shown or gathered
  assign assume_settings_stable = ~(busy | busy_was) | (multi_was == multi_i && window_was == window_i && lead_was == lead_i);
  // event_input refuses the others
  assign assume_row_exists = ~valid_i | (event_row_i < 8'd4);

  wire shows = (dut.u_exposure.state_q == 3'd2) | (dut.u_exposure.state_q == 3'd3) | (dut.u_exposure.state_q == 3'd4);
  assign i_owed = (dut.u_gather.gathered_q == owed) & (dut.u_gather.any_gathered_q == (owed != 4'd0)) & ((owed == 4'd0) | multi_was | rst_was);
  assign i_shown = ~wake | ((dut.shown_q == expected) & ((expected & (expected - 4'd1)) == 4'd0 | multi_was));
  assign i_rows_of_state = row_q == (shows ? dut.shown_q : 4'd0);
  assign i_length_of_window = ~integ | ((window_i == 8'd0) ? (listened == 9'd0 && dut.u_exposure.timer_q == 8'd0) :
                              (listened + {1'b0, dut.u_exposure.timer_q} == {1'b0, window_i} && dut.u_exposure.timer_q != 8'd0));
  assign i_state = dut.u_exposure.state_q <= 3'd5;

  assign p_rows_are_events = (row_q == 4'd0) | (row_q == expected);
  assign p_rows_only_awake = (row_q == 4'd0) | (wake & busy);
  assign p_window_inside_rows = ~integ | (wake & (row_q == expected) & (row_was == row_q));
  assign p_window_as_asked = ~(integ_was & ~integ) | rst_was | (listened == ((window_was == 8'd0) ? 9'd1 : {1'b0, window_was}));
  assign p_rows_still_in_window = ~(integ & integ_was) | (row_q == row_was);
  assign p_one_row = multi_was | rst_was | ~wake | ((row_q & (row_q - 4'd1)) == 4'd0);
  assign p_no_start_without_grant = (~started & ~(wake & ~wake_was)) | allowed | rst_was;
  assign p_disabled_forgets = enable_was | wake | ~busy | rst_was;
  assign p_idle_is_quiet = busy | ((row_q == 4'd0) & ~wake & ~integ);
  assign p_goes_on = ~(wake & wake_was) | (dut.u_exposure.state_q != state_was) | (dut.u_exposure.timer_q == timer_was - 8'd1) | rst_was;
  assign p_no_row_twice_in_a_set = ~multi_i | ((taken & owed) == 4'd0);
  assign c_set = integ & ((row_q & (row_q - 4'd1)) != 4'd0);
  assign c_waits = multi_i & enable_i & grant_i & valid_i & ~ready;
  assign c_second = once & integ;
endmodule
`default_nettype wire
