// Properties of register_block: what the lock guards does not change, whatever the bus does; no access hangs.
`default_nettype none
module register_block_props (
    input wire clk_i, input wire rst_i, input wire wbs_cyc_i, input wire wbs_stb_i, input wire wbs_we_i, input wire [3:0] wbs_sel_i,
    input wire [31:0] wbs_adr_i, input wire [31:0] wbs_dat_i, input wire job_busy_i, input wire result_valid_i, input wire levels_full_i,
    input wire image_i, input wire learning_i,
    output wire p_lock_stays, output wire p_limits_locked, output wire p_key_locked, output wire p_settings_frozen,
    output wire p_ack_within_bound, output wire p_no_command_while_busy, output wire p_ack_after_request,
    output wire p_answers_at_once, output wire p_rail_locked, output wire p_widths_locked, output wire p_reference_locked,
    output wire p_image_settings_stand, output wire p_limits_stand_in_a_waveform,
    output wire c_locked_write, output wire c_command, output wire c_key
);
  logic ack, key, command, request_was, rst_was, busy_was, job_was, lock_was, key_was;
  logic [2:0] wait_q;
  logic [31:0] data;
  controller_pkg::limits_t limits, limits_was;
  controller_pkg::ispp_t ispp, ispp_was;
  controller_pkg::region_t region, region_was;
  controller_pkg::neuron_settings_t neuron;
  controller_pkg::path_timing_t timing;
  image_pkg::show_t show, show_was;
  image_pkg::path_t path, path_was;
  image_pkg::request_t image_request;
  image_pkg::state_t image_state;
  logic [37:0] widths, widths_was;  // of the waveform, and the gap of the switches
  logic image_was, learning_was;
  logic [1:0] image_q, learning_q;
  assign widths = {neuron.settle, neuron.gap, neuron.phi_1, neuron.phi_2, timing.gap};
  always_comb begin
    image_state = '0;
    image_state.busy = image_i;
  end
  register_block #(.Rows(8), .Columns(8), .Neurons(4)) dut (
      .clk_i, .rst_i, .wbs_cyc_i, .wbs_stb_i, .wbs_we_i, .wbs_sel_i, .wbs_adr_i, .wbs_dat_i, .wbs_ack_o(ack), .wbs_dat_o(data),
      .irq_o(), .neuron_o(neuron), .mask_o(), .limits_o(limits), .ispp_o(ispp), .grid_o(), .read_o(), .region_o(region), .path_timing_o(timing),
      .adc_timing_o(), .key_o(key), .release_o(), .trim_1v8_o(), .test_1v8_o(), .config_1v8_o(), .event_write_o(), .event_take_o(), .command_o(command), .stop_job_o(), .stop_results_o(),
      .levels_write_o(), .result_take_o(), .write_data_o(), .held_data_o(),
      .pulse_busy_i(1'b0), .event_busy_i(1'b0), .event_row_i(8'd0), .spike_valid_i(1'b0), .software_valid_i(1'b0),
      .spike_neuron_i('0), .job_busy_i, .job_waits_level_i(1'b0), .job_waits_room_i(1'b0),
      .job_error_i(controller_pkg::JobNone), .levels_full_i, .level_words_i(3'd0), .result_valid_i, .result_i('0),
      .result_count_i(3'd0), .result_row_i(8'd0), .result_col_i(8'd0), .target_i(8'd0), .last_wl_i(6'd0), .received_i(1'b0),
      .sent_i(1'b0), .bad_address_i(1'b0), .dropped_i(1'b0), .stuck_i(1'b0), .overflow_i(1'b0), .lost_i(1'b0), .job_end_i(1'b0), .job_failed_i(1'b0),
      .event_in_job_i(1'b0), .rail_refused_i(1'b0), .learning_busy_i(learning_i), .spi_bad_i(1'b0),
      .show_o(show), .path_o(path), .image_request_o(image_request), .image_state_i(image_state), .pair_1v8_o(), .stop_write_o(), .region_write_o(), .awake_o(),
      .levels_closed_i(1'b0), .clock_lost_i(1'b0), .clock_lost_clear_o());

  always_ff @(posedge clk_i) begin
    request_was <= wbs_cyc_i & wbs_stb_i;
    rst_was     <= rst_i;
    job_was     <= job_busy_i;
    busy_was    <= job_busy_i | result_valid_i;
    lock_was    <= dut.lock;
    key_was     <= key;
    limits_was  <= limits;
    ispp_was    <= ispp;
    region_was  <= region;
    show_was    <= show;
    path_was    <= path;
    widths_was  <= widths;
    {image_was, learning_was} <= {image_i, learning_i};
    wait_q      <= (rst_i | ack | ~(wbs_cyc_i & wbs_stb_i)) ? 3'd0 : (&wait_q) ? wait_q : wait_q + 3'd1;
  end

  logic quiet, busy_q, lock_q;
  logic [1:0] job_q;
  always_ff @(posedge clk_i) begin
    job_q  <= {job_q[0], job_was & ~rst_was};
    image_q <= {image_q[0], image_was & ~rst_was};
    learning_q <= {learning_q[0], learning_was & ~rst_was};
    busy_q <= busy_was;
    lock_q <= lock_was & ~rst_was;
  end
  assign quiet = ~rst_i & ~rst_was;
  assign p_lock_stays = ~(lock_was & ~rst_was) | dut.lock;
  // A word of settings shows a write one cycle later: two cycles after the lock was set nothing of before is under way.
  assign p_limits_locked = ~(lock_q & lock_was & dut.lock & quiet) | (limits == limits_was);
  assign p_key_locked = ~(lock_q & lock_was & dut.lock & quiet) | (key == key_was);
  assign p_rail_locked = ~(lock_q & lock_was & dut.lock & quiet) | ({path.fine, path.rail} == {path_was.fine, path_was.rail});
  assign p_widths_locked = ~(lock_q & lock_was & dut.lock & quiet) | (widths == widths_was);
  assign p_reference_locked = ~(lock_q & lock_was & dut.lock & quiet) | ~image_request.word;
  // While an image runs or a spike teaches: likewise. The lowest 11 bits are those of events.
  assign p_image_settings_stand = ~((image_q == 2'b11) & image_was & image_i & quiet) | (show[$bits(show)-1:11] == show_was[$bits(show)-1:11]);
  assign p_limits_stand_in_a_waveform = ~((learning_q == 2'b11) & learning_was & learning_i & quiet) |
      ({limits.wl, limits.wl_fine, limits.bl, path.erase_allowed} == {limits_was.wl, limits_was.wl_fine, limits_was.bl, path_was.erase_allowed});
  // While a job runs: from its third cycle on, which is long before it looks at a cell.
  assign p_settings_frozen = ~((job_q == 2'b11) & job_was & job_busy_i & quiet) | ((ispp == ispp_was) & (region == region_was) & (limits == limits_was));
  // The longest: right after a write of a neuron's configuration, whose end it waits for.
  assign p_ack_within_bound = wait_q <= 3'd6;
  assign p_answers_at_once = ~dut.u_regs.external_pending;
  assign p_no_command_while_busy = ~(command & busy_q & busy_was);
  assign p_ack_after_request = ~ack | request_was;
  assign c_locked_write = dut.lock & dut.refused & (dut.bus_error == controller_pkg::BusLocked);
  assign c_command = command;
  assign c_key = key;
  logic unused;
  assign unused = &{1'b0, data};
endmodule
`default_nettype wire
