// Wishbone slave: guard, generated registers, interrupt. The guard judges a request in its first cycle, the registers take it in the
// second, the answer comes from flip-flops in the third, whatever the address: the bus never hangs.
`default_nettype none

module register_block #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         wbs_cyc_i,
    input  wire         wbs_stb_i,
    input  wire         wbs_we_i,
    input  wire  [3:0]  wbs_sel_i,
    input  wire  [11:0] wbs_adr_i,
    input  wire  [31:0] wbs_dat_i,
    output logic        wbs_ack_o,
    output logic [31:0] wbs_dat_o,
    output logic        irq_o,

    // Settings.
    output controller_pkg::neuron_settings_t neuron_o,
    output logic [Neurons-1:0]               mask_o,
    output controller_pkg::limits_t          limits_o,
    output controller_pkg::ispp_t            ispp_o,
    output controller_pkg::grid_t            grid_o,
    output controller_pkg::read_t            read_o,
    output controller_pkg::region_t          region_o,
    output controller_pkg::path_timing_t     path_timing_o,
    output controller_pkg::adc_timing_t      adc_timing_o,
    output logic                             key_o,

    // Writes and reads that do something, one cycle each.
    output logic        event_write_o,
    output logic        event_take_o,
    output logic        command_o,
    output logic        stop_job_o,
    output logic        stop_results_o,
    output logic        levels_write_o,
    output logic        result_take_o,
    output logic [31:0] write_data_o,

    // State.
    input  wire         pulse_busy_i,
    input  wire         event_busy_i,
    input  wire  [7:0]  event_row_i,
    input  wire         spike_valid_i,
    input  wire         software_valid_i,
    input  wire  [controller_pkg::NeuronAddressWidth-1:0] spike_neuron_i,
    input  wire         job_busy_i,
    input  wire         job_waits_level_i,
    input  wire         job_waits_room_i,
    input  wire controller_pkg::job_error_e job_error_i,
    input  wire         levels_full_i,
    input  wire  [3:0]  level_words_i,
    input  wire         result_valid_i,
    input  wire controller_pkg::result_t    result_i,
    input  wire  [5:0]  result_count_i,
    input  wire  [7:0]  result_row_i,
    input  wire  [7:0]  result_col_i,
    input  wire  [7:0]  target_i,
    input  wire  [5:0]  last_wl_i,

    // One cycle each.
    input  wire         received_i,
    input  wire         sent_i,
    input  wire         bad_address_i,
    input  wire         dropped_i,
    input  wire         overflow_i,
    input  wire         lost_i,
    input  wire         job_end_i,
    input  wire         job_failed_i,
    input  wire         event_in_job_i,
    input  wire         cell_ok_i,
    input  wire         cell_failed_i,
    input  wire         pulse_done_i,
    input  wire  [3:0]  pulse_group_i  // quarter of the rows, one-hot, with pulse_done_i
);

  logic        request, pass, refused, ack, ack_q, go, go_q, lock;
  logic [5:0]  word_q;
  logic [31:0] read_data, read_data_q;
  logic [2:0]  bus_code;
  controller_pkg::bus_error_e  bus_error;

  assign request = wbs_cyc_i & wbs_stb_i & ~ack_q & ~go_q;
  assign go      = wbs_cyc_i & wbs_stb_i & go_q;

  bus_guard u_guard (
      .request_i    (request),
      .we_i         (wbs_we_i),
      .sel_i        (wbs_sel_i),
      .address_i    (wbs_adr_i),
      .lock_i       (lock),
      .job_i        (job_busy_i),
      .results_i    (result_valid_i),
      .levels_full_i(levels_full_i),
      .pass_o       (pass),
      .refused_o    (refused),
      .error_o      (bus_error)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      ack_q       <= 1'b0;
      go_q        <= 1'b0;
      word_q      <= '0;
      read_data_q <= '0;
    end else begin
      go_q        <= pass;
      word_q      <= wbs_adr_i[7:2];
      ack_q       <= (go & ack) | refused;
      read_data_q <= go ? read_data : '0;
    end
  end

  assign wbs_ack_o    = ack_q;
  assign wbs_dat_o    = read_data_q;
  assign write_data_o = wbs_dat_i;

  logic event_request, mask_any, key_request, command_request, stop_request, levels_request, result_request, is_write;
  logic [3:0] mask_request;

  assign is_write       = wbs_we_i;
  assign event_write_o  = event_request & is_write;
  assign command_o      = command_request & is_write;
  assign stop_job_o     = stop_request & is_write & wbs_dat_i[0];
  assign stop_results_o = stop_request & is_write & wbs_dat_i[1] & ~job_busy_i;
  assign levels_write_o = levels_request & is_write;
  assign result_take_o  = result_request & ~is_write;
  assign mask_any       = |mask_request;

  // Interrupts that stay until cleared, and their enables.
  logic [10:0] status, enable;
  logic       irq_q;

  assign status[3] = software_valid_i;
  assign status[7] = result_valid_i;
  assign status[8] = job_waits_level_i | job_waits_room_i;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      irq_q <= 1'b0;
    end else begin
      irq_q <= |(status & enable);
    end
  end

  assign irq_o = irq_q;

  // The key: a register of one bit that only one value sets.
  localparam logic [15:0] Key = 16'h4B59;
  logic key_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      key_q <= 1'b0;
    end else if (key_request && is_write) begin
      key_q <= wbs_dat_i[15:0] == Key;
    end
  end

  assign key_o = key_q;

  logic [127:0] mask_words;

  neuron_mask #(
      .Neurons(Neurons)
  ) u_mask (
      .clk_i  (clk_i),
      .rst_i  (rst_i),
      .write_i(mask_request & {4{is_write}}),
      .data_i (wbs_dat_i),
      .words_o(mask_words),
      .mask_o (mask_o)
  );

  logic stall, error, read_ack, write_ack;
  assign read_ack  = ~is_write & (event_request | mask_any | key_request | result_request);
  assign write_ack = is_write & (event_request | mask_any | key_request | command_request | stop_request | levels_request);

  /* verilator lint_off PINCONNECTEMPTY */
  controller_regs u_regs (
      .clk     (clk_i),
      .rst     (rst_i),
      .wb_cyc  (wbs_cyc_i),
      .wb_stb  (go),
      .wb_we   (wbs_we_i),
      .wb_stall(stall),
      .wb_adr  ({word_q, 2'b00}),
      .wb_odat (wbs_dat_i),
      .wb_sel  (wbs_sel_i),
      .wb_ack  (ack),
      .wb_err  (error),
      .wb_idat (read_data),

      .hwif_in_id_rows                      (8'(Rows - 1)),
      .hwif_in_id_neurons                   (8'(Neurons - 1)),
      .hwif_out_ctrl_enable                 (neuron_o.enable),
      .hwif_out_ctrl_multi_hot              (neuron_o.multi_hot),
      .hwif_out_ctrl_signed_phase           (neuron_o.signed_phase),
      .hwif_out_ctrl_aer_in                 (neuron_o.aer_in),
      .hwif_out_ctrl_aer_out                (neuron_o.aer_out),
      .hwif_out_ctrl_winner                 (neuron_o.winner),
      .hwif_out_ctrl_learn                  (neuron_o.learn),
      .hwif_in_status_pulse_busy            (pulse_busy_i),
      .hwif_in_status_event_in_busy         (event_busy_i),
      .hwif_in_status_event_out_valid       (spike_valid_i),
      .hwif_out_timing_settle               (neuron_o.settle),
      .hwif_out_timing_gap                  (neuron_o.gap),
      .hwif_out_timing_phi_p                (neuron_o.phi_p),
      .hwif_out_timing_phi_n                (neuron_o.phi_n),
      .hwif_out_window_cycles               (neuron_o.window),
      .hwif_out_refractory_count            (neuron_o.refractory_count),
      .hwif_out_refractory_prescale         (neuron_o.refractory_prescale),
      .hwif_out_aer_timeout_cycles          (neuron_o.timeout),
      .hwif_out_event_in_req                (event_request),
      .hwif_out_event_in_req_is_wr          (),
      .hwif_in_event_in_rd_ack              (read_ack),
      .hwif_in_event_in_wr_ack              (write_ack),
      .hwif_in_event_in_rd_data             ({24'd0, event_row_i}),
      .hwif_out_event_in_wr_data            (),
      .hwif_out_event_in_wr_biten           (),
      .hwif_in_event_out_neuron             (spike_neuron_i),
      .hwif_in_event_out_valid              (software_valid_i),
      .hwif_out_event_out_valid_swacc       (event_take_o),
      .hwif_out_irq_status_bad_address      (status[0]),
      .hwif_in_irq_status_bad_address_hwset (bad_address_i),
      .hwif_out_irq_status_overflow         (status[1]),
      .hwif_in_irq_status_overflow_hwset    (overflow_i),
      .hwif_out_irq_status_lost             (status[2]),
      .hwif_in_irq_status_lost_hwset        (lost_i),
      .hwif_in_irq_status_event_out         (status[3]),
      .hwif_out_irq_status_bus_error        (status[4]),
      .hwif_in_irq_status_bus_error_hwset   (refused),
      .hwif_out_irq_status_job_end          (status[5]),
      .hwif_in_irq_status_job_end_hwset     (job_end_i),
      .hwif_out_irq_status_job_error        (status[6]),
      .hwif_in_irq_status_job_error_hwset   (job_failed_i),
      .hwif_in_irq_status_result            (status[7]),
      .hwif_in_irq_status_job_waits         (status[8]),
      .hwif_out_irq_status_event_in_job     (status[9]),
      .hwif_out_irq_status_dropped          (status[10]),
      .hwif_in_irq_status_dropped_hwset     (dropped_i),
      .hwif_in_irq_status_event_in_job_hwset(event_in_job_i),
      .hwif_out_irq_enable_bad_address      (enable[0]),
      .hwif_out_irq_enable_overflow         (enable[1]),
      .hwif_out_irq_enable_lost             (enable[2]),
      .hwif_out_irq_enable_event_out        (enable[3]),
      .hwif_out_irq_enable_bus_error        (enable[4]),
      .hwif_out_irq_enable_job_end          (enable[5]),
      .hwif_out_irq_enable_job_error        (enable[6]),
      .hwif_out_irq_enable_result           (enable[7]),
      .hwif_out_irq_enable_job_waits        (enable[8]),
      .hwif_out_irq_enable_event_in_job     (enable[9]),
      .hwif_out_irq_enable_dropped          (enable[10]),
      .hwif_in_events_received_incr         (received_i),
      .hwif_in_events_sent_incr             (sent_i),
      .hwif_in_errors_bad_address_incr      (bad_address_i),
      .hwif_in_errors_overflow_incr         (overflow_i),
      .hwif_in_errors_lost_incr             (lost_i),
      .hwif_in_size_columns                 (8'(Columns - 1)),
      .hwif_in_error_job                    (job_error_i),
      .hwif_in_error_bus                    (bus_error),
      .hwif_out_error_bus                   (bus_code),
      .hwif_in_error_bus_we                 (refused),
      .hwif_out_mask0_req                   (mask_request[0]),
      .hwif_out_mask0_req_is_wr             (),
      .hwif_in_mask0_rd_ack                 (read_ack),
      .hwif_in_mask0_wr_ack                 (write_ack),
      .hwif_in_mask0_rd_data                (mask_words[31:0]),
      .hwif_out_mask0_wr_data               (),
      .hwif_out_mask0_wr_biten              (),
      .hwif_out_mask1_req                   (mask_request[1]),
      .hwif_out_mask1_req_is_wr             (),
      .hwif_in_mask1_rd_ack                 (read_ack),
      .hwif_in_mask1_wr_ack                 (write_ack),
      .hwif_in_mask1_rd_data                (mask_words[63:32]),
      .hwif_out_mask1_wr_data               (),
      .hwif_out_mask1_wr_biten              (),
      .hwif_out_mask2_req                   (mask_request[2]),
      .hwif_out_mask2_req_is_wr             (),
      .hwif_in_mask2_rd_ack                 (read_ack),
      .hwif_in_mask2_wr_ack                 (write_ack),
      .hwif_in_mask2_rd_data                (mask_words[95:64]),
      .hwif_out_mask2_wr_data               (),
      .hwif_out_mask2_wr_biten              (),
      .hwif_out_mask3_req                   (mask_request[3]),
      .hwif_out_mask3_req_is_wr             (),
      .hwif_in_mask3_rd_ack                 (read_ack),
      .hwif_in_mask3_wr_ack                 (write_ack),
      .hwif_in_mask3_rd_data                (mask_words[127:96]),
      .hwif_out_mask3_wr_data               (),
      .hwif_out_mask3_wr_biten              (),
      .hwif_out_key_req                     (key_request),
      .hwif_out_key_req_is_wr               (),
      .hwif_in_key_rd_ack                   (read_ack),
      .hwif_in_key_wr_ack                   (write_ack),
      .hwif_in_key_rd_data                  ({31'd0, key_q}),
      .hwif_out_key_wr_data                 (),
      .hwif_out_key_wr_biten                (),
      .hwif_out_lock                        (lock),
      .hwif_out_limits_codes_wl             (limits_o.wl),
      .hwif_out_limits_codes_wl_fine        (limits_o.wl_fine),
      .hwif_out_limits_codes_bl             (limits_o.bl),
      .hwif_out_limits_codes_sl             (limits_o.sl),
      .hwif_out_limits_pulses_width         (limits_o.width),
      .hwif_out_limits_pulses_pulses        (limits_o.pulses),
      .hwif_out_form_wl_start               (ispp_o.form_stage.wl_start),
      .hwif_out_form_wl_step                (ispp_o.form_stage.wl_step),
      .hwif_out_form_wl_stop                (ispp_o.form_stage.wl_stop),
      .hwif_out_form_wl_fine                (ispp_o.form_stage.fine),
      .hwif_out_form_line_start             (ispp_o.form_stage.line_start),
      .hwif_out_form_line_step              (ispp_o.form_stage.line_step),
      .hwif_out_form_line_stop              (ispp_o.form_stage.line_stop),
      .hwif_out_form_line_width             (ispp_o.form_stage.width),
      .hwif_out_set_wl_start                (ispp_o.set_stage.wl_start),
      .hwif_out_set_wl_step                 (ispp_o.set_stage.wl_step),
      .hwif_out_set_wl_stop                 (ispp_o.set_stage.wl_stop),
      .hwif_out_set_wl_fine                 (ispp_o.set_stage.fine),
      .hwif_out_set_line_start              (ispp_o.set_stage.line_start),
      .hwif_out_set_line_step               (ispp_o.set_stage.line_step),
      .hwif_out_set_line_stop               (ispp_o.set_stage.line_stop),
      .hwif_out_set_line_width              (ispp_o.set_stage.width),
      .hwif_out_reset_wl_start              (ispp_o.reset_stage.wl_start),
      .hwif_out_reset_wl_step               (ispp_o.reset_stage.wl_step),
      .hwif_out_reset_wl_stop               (ispp_o.reset_stage.wl_stop),
      .hwif_out_reset_wl_fine               (ispp_o.reset_stage.fine),
      .hwif_out_reset_line_start            (ispp_o.reset_stage.line_start),
      .hwif_out_reset_line_step             (ispp_o.reset_stage.line_step),
      .hwif_out_reset_line_stop             (ispp_o.reset_stage.line_stop),
      .hwif_out_reset_line_width            (ispp_o.reset_stage.width),
      .hwif_out_read_range                  (read_o.range),
      .hwif_out_read_count                  (read_o.count),
      .hwif_out_read_shift                  (read_o.shift),
      .hwif_out_done_form                   (ispp_o.form_code),
      .hwif_out_done_set                    (ispp_o.set_code),
      .hwif_out_done_reset                  (ispp_o.reset_code),
      .hwif_out_grid_base                   (grid_o.base),
      .hwif_out_grid_step                   (grid_o.step),
      .hwif_out_grid_max_level              (grid_o.max_level),
      .hwif_out_tolerance                   (ispp_o.tolerance),
      .hwif_out_tolerance_keep              (ispp_o.keep),
      .hwif_out_predict_offset              (ispp_o.offset),
      .hwif_out_predict_knee                (ispp_o.knee),
      .hwif_out_predict_slope_low           (ispp_o.slope_low),
      .hwif_out_predict_slope_high          (ispp_o.slope_high),
      .hwif_out_staircase_step_gain         (ispp_o.step_gain),
      .hwif_out_staircase_step_min          (ispp_o.step_min),
      .hwif_out_staircase_step_max          (ispp_o.step_max),
      .hwif_out_staircase_back_gain         (ispp_o.back_gain),
      .hwif_out_retry_retry_back            (ispp_o.retry_back),
      .hwif_out_retry_reset_first           (ispp_o.reset_first),
      .hwif_out_retry_pulse_limit           (ispp_o.pulse_limit),
      .hwif_out_retry_stop_tries            (ispp_o.stop_tries),
      .hwif_out_region_row_first            (region_o.row_first),
      .hwif_out_region_row_last             (region_o.row_last),
      .hwif_out_region_col_first            (region_o.col_first),
      .hwif_out_region_col_last             (region_o.col_last),
      .hwif_out_command_req                 (command_request),
      .hwif_out_command_req_is_wr           (),
      .hwif_in_command_wr_ack               (write_ack),
      .hwif_out_command_wr_data_operation   (),
      .hwif_out_command_wr_biten_operation  (),
      .hwif_out_command_wr_data_quiet       (),
      .hwif_out_command_wr_biten_quiet      (),
      .hwif_out_stop_req                    (stop_request),
      .hwif_out_stop_req_is_wr              (),
      .hwif_in_stop_wr_ack                  (write_ack),
      .hwif_out_stop_wr_data_job            (),
      .hwif_out_stop_wr_biten_job           (),
      .hwif_out_stop_wr_data_results        (),
      .hwif_out_stop_wr_biten_results       (),
      .hwif_out_levels_req                  (levels_request),
      .hwif_out_levels_req_is_wr            (),
      .hwif_in_levels_wr_ack                (write_ack),
      .hwif_out_levels_wr_data              (),
      .hwif_out_levels_wr_biten             (),
      .hwif_out_result_req                  (result_request),
      .hwif_out_result_req_is_wr            (),
      .hwif_in_result_rd_ack                (read_ack),
      .hwif_in_result_rd_data_code          ({24'd0, result_valid_i ? result_i.code : 8'd0}),
      .hwif_in_result_rd_data_pulses        ({26'd0, result_valid_i ? result_i.pulses : 6'd0}),
      .hwif_in_result_rd_data_outcome       ({29'd0, result_valid_i ? result_i.outcome : controller_pkg::Ok}),
      .hwif_in_result_rd_data_valid         ({31'd0, result_valid_i}),
      .hwif_in_result_cell_row              (result_row_i),
      .hwif_in_result_cell_col              (result_col_i),
      .hwif_in_job_status_busy              (job_busy_i),
      .hwif_in_job_status_waits_level       (job_waits_level_i),
      .hwif_in_job_status_waits_room        (job_waits_room_i),
      .hwif_in_job_status_level_words       (level_words_i),
      .hwif_in_job_status_results           (result_count_i),
      .hwif_in_last_cell_target             (target_i),
      .hwif_in_last_cell_wl                 (last_wl_i),
      .hwif_in_cells_ok_incr                (cell_ok_i),
      .hwif_in_cells_failed_incr            (cell_failed_i),
      .hwif_in_pulses_count_incr            (pulse_done_i),
      .hwif_out_path_timing_gap             (path_timing_o.gap),
      .hwif_out_path_timing_program_settle  (path_timing_o.program_settle),
      .hwif_out_path_timing_read_settle     (path_timing_o.read_settle),
      .hwif_out_path_timing_wake            (path_timing_o.wake),
      .hwif_out_adc_timing_sample           (adc_timing_o.sample),
      .hwif_out_adc_timing_hold             (adc_timing_o.hold),
      .hwif_out_inhibit_cycles              (neuron_o.inhibit),
      .hwif_out_learn_phi_1                 (neuron_o.phi_1),
      .hwif_out_learn_phi_2                 (neuron_o.phi_2),
      .hwif_out_learn_window                (neuron_o.window_learn),
      .hwif_out_factor_value                (neuron_o.error),
      .hwif_in_endurance0_pulses_incr       (pulse_done_i & pulse_group_i[0]),
      .hwif_in_endurance1_pulses_incr       (pulse_done_i & pulse_group_i[1]),
      .hwif_in_endurance2_pulses_incr       (pulse_done_i & pulse_group_i[2]),
      .hwif_in_endurance3_pulses_incr       (pulse_done_i & pulse_group_i[3]),
      .hwif_out_adc_timing_trial            (adc_timing_o.trial),
      .hwif_out_adc_timing_watchdog         (adc_timing_o.watchdog)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  // Answers of the register block that cannot occur, and the code of the error register, which is only read.
  logic unused;
  assign unused = &{1'b0, stall, error, bus_code};

endmodule

`default_nettype wire
