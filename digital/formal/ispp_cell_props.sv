// Properties of ispp_cell: pulses within the settings, each followed by a verify, never more than the limit, and it always goes on.
// The stage is chosen as job_engine does it; the settings are those that job_check lets through.
`default_nettype none
module ispp_cell_props (
    input wire clk_i, input wire rst_i, input wire controller_pkg::ispp_t ispp_i, input wire controller_pkg::read_t read_i,
    input wire start_i, input wire controller_pkg::operation_e operation_i, input wire stop_i, input wire grid_busy_i,
    input wire [7:0] target_i, input wire path_done_i, input wire path_refused_i, input wire answered_i, input wire [10:0] sum_i,
    output wire assume_settings_stable, output wire assume_job_checked, output wire assume_start_when_idle,
    output wire assume_path_answers_requests, output wire assume_grid_ends,
    output wire p_codes_within_stops, output wire p_pulses_within_limit,
    output wire p_pulses_told, output wire p_one_request, output wire p_verify_between_pulses, output wire p_goes_on,
    output wire p_stop_holds, output wire p_next_start_kept, output wire p_waits_only_for_path, output wire p_first_verify_known,
    output wire p_one_read_is_never_done, output wire p_reads_take_all, output wire p_hold_has_no_result,
    output wire c_one_read, output wire c_pulse, output wire c_end_with_pulses, output wire c_stopped
);
  import controller_pkg::*;
  logic busy, done, refused, stopped, grid_start, pulse, verify, fine, enough, one_read_q;
  result_t result;
  logic [5:0] last_wl, wl, line;
  logic [7:0] code;
  kind_e kind;
  logic [9:0] width;
  stage_t stage;
  always_comb begin
    case (kind)
      Form: stage = ispp_i.form_stage;
      Set: stage = ispp_i.set_stage;
      default: stage = ispp_i.reset_stage;
    endcase
  end
  ispp_cell dut (
      .clk_i, .rst_i, .ispp_i, .stage_i(stage), .read_i, .start_i, .operation_i, .stop_i, .busy_o(busy), .done_o(done),
      .refused_o(refused), .stopped_o(stopped), .result_o(result), .last_wl_o(last_wl), .grid_start_o(grid_start), .code_o(code),
      .grid_busy_i, .target_i, .pulse_o(pulse), .verify_o(verify), .kind_o(kind), .wl_o(wl), .line_o(line), .fine_o(fine),
      .width_o(width), .path_done_i, .path_refused_i, .answered_i, .sum_i, .enough_o(enough));

  ispp_t ispp_was;
  operation_e operation_was;
  logic started_q, waits_q, for_pulse_q, verified_q, grid_was, stop_was;
  logic [6:0] count_q;
  logic [4:0] age_q;
  logic [7:0] target_was;
  always_ff @(posedge clk_i) begin
    started_q <= ~rst_i;  // reset may come with other settings
    ispp_was <= ispp_i;
    operation_was <= operation_i;
    stop_was <= stop_i;
    grid_was <= grid_start;
    one_read_q <= ~rst_i & enough & path_done_i & answered_i & ~path_refused_i;  // the sum stands from the read that was enough on
    target_was <= target_i;
    waits_q <= ~rst_i & (pulse | verify | (waits_q & ~path_done_i));
    if (pulse | verify) for_pulse_q <= pulse;
    if (pulse | verify | (start_i & ~busy)) verified_q <= verify;
    count_q <= (start_i & ~busy) ? 7'd0 : count_q + {6'd0, pulse};
    age_q <= (rst_i | ~busy | waits_q | pulse | verify) ? 5'd0 : (&age_q) ? age_q : age_q + 5'd1;
  end

  // Numbers of states of ispp_cell (state_e): wrong ones make the properties that use them fail.
  localparam logic [4:0] Verify = 5'd1, Verifying = 5'd2, Decide = 5'd4, Judge = 5'd10, BackEnd = 5'd13;
  localparam logic [4:0] GoOn = 5'd15, Limit = 5'd16, Pulsing = 5'd17, End = 5'd19;
  logic targeted;
  assign targeted = (operation_i == OpProgram) | (operation_i == OpRefresh);
  assign assume_settings_stable = ~started_q | ((ispp_i == ispp_was) & (operation_i == operation_was));
  function automatic logic ordered(input stage_t s);
    return (s.wl_start <= s.wl_stop) & (s.line_start <= s.line_stop);
  endfunction
  assign assume_job_checked = ((operation_i != OpForm) | ordered(ispp_i.form_stage)) &
      (~(targeted | (operation_i == OpSet)) | ordered(ispp_i.set_stage)) &
      (~(targeted | (operation_i == OpReset)) | ordered(ispp_i.reset_stage)) & (ispp_i.pulse_limit != '0);
  assign assume_start_when_idle = ~start_i | ~busy;
  assign assume_path_answers_requests = ~path_done_i | waits_q;
  assign assume_grid_ends = ~grid_busy_i | grid_was;

  assign p_codes_within_stops = ~pulse | ((wl <= stage.wl_stop) & (line <= stage.line_stop) & (fine == stage.fine) & (width == stage.width));
  assign p_pulses_within_limit = ~busy | (count_q <= {1'b0, ispp_i.pulse_limit});
  assign p_pulses_told = ~busy | (count_q == {1'b0, result.pulses} + {6'd0, waits_q & for_pulse_q});
  assign p_one_request = ~(pulse & verify) & ~((pulse | verify) & waits_q);
  assign p_verify_between_pulses = ~(pulse | ((dut.state_q >= Verifying) & (dut.state_q <= Limit))) | verified_q;
  assign p_goes_on = age_q <= 5'd14;
  assign p_stop_holds = ~(pulse & stop_i);
  // What a set staircase of PROGRAM begins with, once it is known.
  assign p_next_start_kept = ~(busy & targeted & (count_q != '0)) |
      ((dut.next_wl_q >= ispp_i.set_stage.wl_start) & (dut.next_wl_q <= ispp_i.set_stage.wl_stop));
  assign p_waits_only_for_path = (waits_q == ((dut.state_q == Verifying) | (dut.state_q == Pulsing))) &
      (~waits_q | (for_pulse_q == (dut.state_q == Pulsing)));
  // Judged is only what a pulse came before.
  assign p_first_verify_known = (~((dut.state_q >= Verify) & (dut.state_q <= Decide)) | (dut.first_q == (count_q == '0))) &
      (~((dut.state_q > Decide) & (dut.state_q <= Pulsing)) | ~dut.first_q) &
      (~(((dut.state_q >= Judge) & (dut.state_q <= BackEnd)) | (dut.state_q == GoOn)) | (count_q != '0));
  // Done rests on all reads, and so do READ, OFFSET and the target of REFRESH.
  assign p_one_read_is_never_done = ~(one_read_q & (target_i == target_was)) | ((dut.state_q == Decide) & (dut.state_d != End));
  assign p_reads_take_all = ~enough | ((operation_i != OpRead) & (operation_i != OpOffset) & (operation_i != OpHold) &
      ~((operation_i == OpRefresh) & (count_q == '0)));
  assign p_hold_has_no_result = ~(busy & (operation_i == OpHold)) | ((count_q == '0) & ~(done & ~stopped));
  assign c_one_read = one_read_q & (count_q != '0);
  assign c_pulse = pulse & (result.pulses == 6'd1);
  assign c_end_with_pulses = done & ~stopped & (result.pulses == 6'd1);
  assign c_stopped = stopped;
  logic unused;
  assign unused = &{1'b0, stop_was, refused, last_wl, code};
endmodule
`default_nettype wire
