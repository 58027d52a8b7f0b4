// Properties of job_engine: a job that is to end does, from any state, whatever path, levels, results and settings do. In a cell it waits for
// the path, and ispp_cell and path_sequencer have proofs of their own for that.
`default_nettype none
module job_engine_props (
    input wire clk_i, input wire rst_i, input wire controller_pkg::ispp_t ispp_i, input wire controller_pkg::grid_t grid_i,
    input wire controller_pkg::limits_t limits_i, input wire controller_pkg::region_t region_i, input wire key_i,
    input wire controller_pkg::read_t read_i, input wire [7:0] wake_i, input wire start_i, input wire [2:0] operation_i, input wire quiet_i,
    input wire stop_i, input wire level_valid_i, input wire [4:0] level_i, input wire bad_level_i, input wire room_i, input wire job_grant_i,
    input wire path_done_i, input wire path_refused_i, input wire answered_i, input wire [10:0] sum_i,
    output wire p_stop_is_heard, output wire p_key_is_heard, output wire p_end_is_told, output wire p_stop_is_told,
    output wire c_stopped, output wire c_ended
);
  localparam logic [2:0] Bound = 3'd4;
  localparam logic [3:0] Grid = 4'd1, Target = 4'd5, Cell = 4'd7, Push = 4'd8;  // states
  logic busy, ended, failed, in_cell, stopped_was, busy_was, ended_was, rst_was;
  controller_pkg::job_error_e error;
  logic [2:0] stop_q, key_q;
  job_engine #(.Rows(4), .Columns(4)) dut (
      .clk_i, .rst_i, .ispp_i, .grid_i, .limits_i, .region_i, .key_i, .read_i, .wake_i, .start_i(start_i & ~busy), .operation_i, .quiet_i,
      .stop_i, .busy_o(busy), .active_o(), .ended_o(ended), .error_o(error), .failed_o(failed), .waits_level_o(), .waits_room_o(), .powered_o(),
      .programs_o(), .level_valid_i, .level_i, .bad_level_i, .level_take_o(), .level_clear_o(), .room_i, .result_push_o(), .result_o(),
      .row_o(), .col_o(), .target_o(), .last_wl_o(), .job_grant_i, .pulse_o(), .verify_o(),
      .hold_o(), .row_off_o(), .static_o(), .end_o(), .kind_o(), .wl_o(), .line_o(), .fine_o(), .width_o(), .path_done_i, .path_refused_i,
      .answered_i, .sum_i, .enough_o());

  // Cycles outside a cell, since STOP or the loss of the key. A result may wait for room when the key alone is gone.
  assign in_cell = dut.state_q == Cell;
  always_ff @(posedge clk_i) begin
    stop_q <= (rst_i | ~busy | ~dut.stop_q | in_cell) ? 3'd0 : (&stop_q) ? stop_q : stop_q + 3'd1;
    key_q <= (rst_i | ~busy | ~dut.key_lost_q | in_cell | (dut.state_q == Push)) ? 3'd0 : (&key_q) ? key_q : key_q + 3'd1;
    stopped_was <= dut.stop_q & (dut.state_q >= Grid) & (dut.state_q <= Target);
    {busy_was, ended_was, rst_was} <= {busy, ended, rst_i};
  end
  assign p_stop_is_heard = stop_q < Bound;
  assign p_key_is_heard  = key_q < Bound;
  assign p_end_is_told   = ~(busy_was & ~busy) | rst_was | ended_was;
  assign p_stop_is_told  = ~stopped_was | rst_was | (~busy & (error == controller_pkg::JobStopped));
  assign c_stopped = ended & failed & dut.stop_q;
  assign c_ended = ended & ~failed;
endmodule
`default_nettype wire
