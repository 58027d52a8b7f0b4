// Wishbone slave: guard, generated registers, interrupt. The guard judges a request in its first cycle, the registers take it in the
// second, the answer comes from flip-flops in the third, whatever the address: the bus never hangs. All that the guard judges is
// held from the first cycle, so a master that changes its request amid it gets past nothing; the data, which is not judged, is
// that of the second cycle. A request that goes away before its second cycle is not taken. While a neuron's configuration is written
// requests wait, a few cycles.
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
    input  wire  [31:0] wbs_adr_i,
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

    output image_pkg::show_t                 show_o,
    output image_pkg::path_t                 path_o,
    output image_pkg::request_t              image_request_o,
    input  wire image_pkg::state_t           image_state_i,
    output logic [4:0]                       pair_1v8_o,

    // Configuration of the neurons.
    output logic [Neurons-1:0] release_o,
    output logic [2:0]         trim_1v8_o,
    output logic               test_1v8_o,
    output logic               config_1v8_o,

    // Writes and reads that do something, one cycle each.
    output logic        event_write_o,
    output logic        event_take_o,
    output logic        command_o,
    output logic        stop_job_o,
    output logic        stop_results_o,
    output logic        stop_write_o,
    output logic        region_write_o,
    output logic        levels_write_o,
    output logic        result_take_o,
    output logic [7:0]  write_data_o,
    output logic [31:0] held_data_o,  // all of the data, one cycle later
    output logic        awake_o,      // in reset and around an access: settings, or what software asks for, may change

    // State.
    input  wire         pulse_busy_i,  // a row pulse or a learning waveform runs
    input  wire         learning_busy_i,
    input  wire         event_busy_i,
    input  wire  [7:0]  event_row_i,
    input  wire         spike_valid_i,
    input  wire         software_valid_i,
    input  wire [controller_pkg::NeuronAddressWidth-1:0] spike_neuron_i,
    input  wire         job_busy_i,
    input  wire         job_waits_level_i,
    input  wire         job_waits_room_i,
    input  wire controller_pkg::job_error_e job_error_i,
    input  wire         levels_full_i,
    input  wire         levels_closed_i,
    input  wire  [2:0]  level_words_i,
    input  wire         result_valid_i,
    input  wire controller_pkg::result_t    result_i,
    input  wire  [2:0]  result_count_i,
    input  wire  [7:0]  result_row_i,
    input  wire  [7:0]  result_col_i,
    input  wire  [7:0]  target_i,
    input  wire  [5:0]  last_wl_i,

    // One cycle each.
    input  wire         received_i,
    input  wire         sent_i,
    input  wire         bad_address_i,
    input  wire         dropped_i,
    input  wire         stuck_i,
    input  wire         overflow_i,
    input  wire         lost_i,
    input  wire         job_end_i,
    input  wire         job_failed_i,
    input  wire         event_in_job_i,
    input  wire         rail_refused_i,
    input  wire         spi_bad_i,
    input  wire         clock_lost_i,       // a state, which only this clears
    output logic        clock_lost_clear_o
);

  logic        request, pass, refused, ack, ack_q, go, go_q, write_q, lock, config_busy, held;
  logic [6:0]  word_q;
  logic [31:0] read_data, read_data_q, setting;
  logic [3:0]  bus_code;
  logic        rail_told;
  controller_pkg::bus_error_e  bus_error;

  assign request = wbs_cyc_i & wbs_stb_i & ~ack_q & ~go_q & ~held;
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
      .levels_closed_i(levels_closed_i),
      .pixels_full_i(image_state_i.full),
      .running_i    (neuron_o.enable | pulse_busy_i),
      .image_i      (image_state_i.busy | image_state_i.waits),
      .learning_i   (learning_busy_i | (neuron_o.enable & neuron_o.learn & neuron_o.winner)),
      .pass_o       (pass),
      .refused_o    (refused),
      .error_o      (bus_error)
  );

  // Images, pixels and references.
  logic more_request, more_refused, more_busy, more_ended;
  controller_pkg::bus_error_e more_error;
  logic image_request, pixels_request, reference_request;

  // Clocks. What an access sets shows up to two cycles after it.
  logic [1:0] awake_q;
  logic       bus_clk, event_clk, bus_active, job_active, event_active;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      awake_q <= '1;
    end else begin
      awake_q <= {awake_q[0], go_q | held};
    end
  end

  assign awake_o      = rst_i | go_q | held | (awake_q != '0);
  assign bus_active   = awake_o | (wbs_cyc_i & wbs_stb_i) | ack_q;
  assign job_active   = job_end_i | job_failed_i | event_in_job_i | more_ended;
  assign event_active = bus_active | job_active | received_i | sent_i | bad_address_i | dropped_i | stuck_i | overflow_i |
      lost_i | spi_bad_i | rail_refused_i;

  clock_gate u_clock_bus (
      .clk_i   (clk_i),
      .enable_i(bus_active),
      .clk_o   (bus_clk)
  );

  clock_gate u_clock_events (.clk_i(clk_i), .enable_i(event_active), .clk_o(event_clk));

  always_ff @(posedge bus_clk) begin
    if (rst_i) begin
      ack_q       <= 1'b0;
      go_q        <= 1'b0;
      write_q     <= 1'b0;
      word_q      <= '0;
      read_data_q <= '0;
    end else begin
      go_q        <= pass;
      if (request) write_q <= wbs_we_i;
      if (request) word_q <= wbs_adr_i[8:2];
      ack_q       <= (go & ack) | refused;
      read_data_q <= go ? read_data | setting : '0;
    end
  end

  assign wbs_ack_o    = ack_q;
  assign wbs_dat_o    = read_data_q;
  assign write_data_o = wbs_dat_i[7:0];

  logic event_request, mask_any, key_request, command_request, stop_request, levels_request, result_request;
  logic config_request, config_write, config_missing, config_refused;
  logic [3:0] mask_request;

  assign event_write_o  = event_request & write_q;
  assign command_o      = command_request & write_q;
  assign stop_job_o     = stop_request & write_q & wbs_dat_i[0];
  assign stop_results_o = stop_request & write_q & wbs_dat_i[1] & ~job_busy_i;
  assign stop_write_o   = stop_request & write_q;
  assign region_write_o = go & write_q & (word_q == controller_map::RegionWord);
  assign levels_write_o = levels_request & write_q;
  assign clock_lost_clear_o = go & write_q & (word_q == controller_map::ErrorWord);
  assign result_take_o  = result_request & ~write_q;
  assign mask_any       = |mask_request;
  assign config_write   = config_request & write_q;

  // Interrupts that stay until cleared, and their enables.
  logic [15:0] status, enable;
  logic [2:0]  mark_results;
  logic [2:0]  mark_words;
  logic        irq_q;

  assign status[3] = software_valid_i;
  assign status[7] = result_valid_i & (result_count_i >= mark_results);
  assign status[8] = job_waits_level_i | job_waits_room_i;
  assign status[12] = job_busy_i & (level_words_i <= mark_words);

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

  always_ff @(posedge bus_clk) begin
    if (rst_i) begin
      key_q <= 1'b0;
    end else if (key_request && write_q) begin
      key_q <= wbs_dat_i[15:0] == Key;
    end
  end

  assign key_o = key_q;

  neuron_mask #(
      .Neurons(Neurons)
  ) u_mask (
      .clk_i  (bus_clk), .rst_i(rst_i), .write_i(mask_request & {4{write_q}}), .data_i(wbs_dat_i), .mask_o(mask_o)
  );

  // Which neuron a write means is in its data: judged in the second cycle, when they are taken.
  logic config_taken, config_all;
  logic [6:0] config_neuron;
  assign config_refused = config_write & config_missing;
  assign held           = config_busy | more_busy;

  // Settings of a neuron, as NEURON_CONFIG has them, without the bits between.

  image_requests u_image_requests (
      .clk_i(bus_clk), .rst_i(rst_i), .data_i(wbs_dat_i), .enable_i(neuron_o.enable), .state_i(image_state_i),
      .image_i(image_request & write_q), .pixels_i(pixels_request & write_q), .words_i(reference_request & write_q),
      .config_i(config_taken), .request_o(image_request_o), .refused_o(more_refused), .error_o(more_error),
      .pair_1v8_o(pair_1v8_o)
  );

  assign more_request = image_request | pixels_request | reference_request;
  assign more_busy    = image_state_i.references_busy;
  assign more_ended   = image_state_i.ended;
  assign status[14]   = ~image_state_i.full;

  neuron_config #(
      .Neurons(Neurons)
  ) u_config (
      .clk_i       (bus_clk),
      .rst_i       (rst_i),
      .write_i     (config_write),
      .data_i      (wbs_dat_i[15:0]),
      .missing_o   (config_missing),
      .taken_o     (config_taken),
      .all_o       (config_all),
      .neuron_o    (config_neuron),
      .busy_o      (config_busy),
      .release_o   (release_o),
      .trim_1v8_o  (trim_1v8_o),
      .test_1v8_o  (test_1v8_o),
      .config_1v8_o(config_1v8_o)
  );

  logic stall, error, read_ack, write_ack;
  assign read_ack  = ~write_q & (event_request | mask_any | key_request | result_request | config_request | more_request);
  assign write_ack = write_q & (event_request | mask_any | key_request | command_request | stop_request | levels_request | config_request |
      more_request);

  settings u_settings (
      .clk_i        (bus_clk),
      .free_clk_i   (clk_i),
      .rst_i        (rst_i),
      .write_i      (go & write_q),
      .word_i       (word_q),
      .data_i       (wbs_dat_i),
      .held_data_o  (held_data_o),
      .read_data_o  (setting),
      .neuron_o     (neuron_o),
      .show_o(show_o), .path_o(path_o),
      .irq_enable_o (enable),
      .mark_results_o(mark_results),
      .mark_words_o (mark_words),
      .limits_o     (limits_o),
      .ispp_o       (ispp_o),
      .grid_o       (grid_o),
      .read_o       (read_o),
      .region_o     (region_o),
      .path_timing_o(path_timing_o),
      .adc_timing_o (adc_timing_o)
  );

  controller_regs u_regs (
      .clk     (event_clk),
      .rst     (rst_i),
      .wb_cyc  (wbs_cyc_i),
      .wb_stb  (go),
      .wb_we   (write_q),
      .wb_stall(stall),
      .wb_adr  ({word_q, 2'b00}),
      .wb_odat (wbs_dat_i),
      .wb_ack  (ack),
      .wb_err  (error),
      .wb_idat (read_data),

      .hwif_in_id_rows(8'(Rows - 1)), .hwif_in_id_neurons(8'(Neurons - 1)),
      .hwif_in_status_pulse_busy(pulse_busy_i), .hwif_in_status_event_in_busy(event_busy_i),
      .hwif_in_status_event_out_valid(spike_valid_i), 
      .hwif_out_event_in_req(event_request), .hwif_in_event_in_rd_ack(read_ack), .hwif_in_event_in_wr_ack(write_ack),
      .hwif_in_event_in_rd_data             (event_row_i),
      .hwif_in_event_out_neuron(spike_neuron_i),
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
      .hwif_in_irq_status_bus_error_hwset   (refused | config_refused | more_refused),
      .hwif_out_irq_status_job_end          (status[5]),
      .hwif_in_irq_status_job_end_hwset(job_end_i),
      .hwif_out_irq_status_job_error        (status[6]),
      .hwif_in_irq_status_job_error_hwset   (job_failed_i),
      .hwif_in_irq_status_result            (status[7]),
      .hwif_in_irq_status_job_waits         (status[8]),
      .hwif_in_irq_status_levels            (status[12]),
      .hwif_out_irq_status_event_in_job     (status[9]),
      .hwif_out_irq_status_dropped          (status[10]),
      .hwif_in_irq_status_dropped_hwset     (dropped_i),
      .hwif_out_irq_status_stuck            (status[11]),
      .hwif_in_irq_status_stuck_hwset       (stuck_i),
      .hwif_in_irq_status_event_in_job_hwset(event_in_job_i),
      .hwif_out_irq_status_rail(status[15]), .hwif_in_irq_status_rail_hwset(rail_refused_i),
      .hwif_in_error_rail_hwset(rail_refused_i), .hwif_out_error_rail(rail_told),
      .hwif_in_events_received_incr(received_i), .hwif_in_events_sent_incr(sent_i), .hwif_in_errors_bad_address_incr(bad_address_i),
      .hwif_in_errors_overflow_incr(overflow_i), .hwif_in_errors_lost_incr(lost_i),
      .hwif_in_size_columns                 (8'(Columns - 1)),
      .hwif_in_version_hash(controller_version::Hash), .hwif_in_spi_bad_incr(spi_bad_i),
      .hwif_in_error_job(job_error_i), .hwif_in_error_clock(clock_lost_i),
      .hwif_in_error_bus                    (config_refused ? controller_pkg::BusNeuron : more_refused ? more_error : bus_error),
      .hwif_out_error_bus                   (bus_code),
      .hwif_in_error_bus_we                 (refused | config_refused | more_refused),
      .hwif_out_mask0_req(mask_request[0]), .hwif_in_mask0_rd_ack(read_ack), .hwif_in_mask0_wr_ack(write_ack),
      .hwif_in_mask0_rd_data(32'(mask_o)),
      .hwif_out_mask1_req(mask_request[1]), .hwif_in_mask1_rd_ack(read_ack), .hwif_in_mask1_wr_ack(write_ack),
      .hwif_in_mask1_rd_data(32'(128'(mask_o) >> 32)),
      .hwif_out_mask2_req(mask_request[2]), .hwif_in_mask2_rd_ack(read_ack), .hwif_in_mask2_wr_ack(write_ack),
      .hwif_in_mask2_rd_data(32'(128'(mask_o) >> 64)),
      .hwif_out_mask3_req(mask_request[3]), .hwif_in_mask3_rd_ack(read_ack), .hwif_in_mask3_wr_ack(write_ack),
      .hwif_in_mask3_rd_data(32'(128'(mask_o) >> 96)),
      .hwif_out_key_req(key_request), .hwif_in_key_rd_ack(read_ack), .hwif_in_key_wr_ack(write_ack),
      .hwif_in_key_rd_data                  ({15'd0, key_q}),
      .hwif_out_lock                        (lock),
      .hwif_out_command_req(command_request), .hwif_in_command_wr_ack(write_ack),
      .hwif_out_stop_req(stop_request), .hwif_in_stop_wr_ack(write_ack),
      .hwif_out_levels_req(levels_request), .hwif_in_levels_wr_ack(write_ack),
      .hwif_out_result_req(result_request), .hwif_in_result_rd_ack(read_ack),
      .hwif_in_result_rd_data_code(result_valid_i ? result_i.code : 8'd0), .hwif_in_result_rd_data_pulses(result_valid_i ? result_i.pulses : 6'd0),
      .hwif_in_result_rd_data_outcome       (result_valid_i ? result_i.outcome : controller_pkg::Ok),
      .hwif_in_result_rd_data_valid         (result_valid_i),
      .hwif_in_result_cell_row(result_row_i), .hwif_in_result_cell_col(result_col_i),
      .hwif_in_job_status_busy(job_busy_i), .hwif_in_job_status_waits_level(job_waits_level_i),
      .hwif_in_job_status_waits_room(job_waits_room_i), .hwif_in_job_status_level_words(level_words_i),
      .hwif_in_job_status_results(result_count_i),
      .hwif_in_last_cell_target(target_i), .hwif_in_last_cell_wl(last_wl_i),
      .hwif_out_neuron_config_req(config_request), .hwif_in_neuron_config_rd_ack(read_ack), .hwif_in_neuron_config_wr_ack(write_ack),
      .hwif_in_neuron_config_rd_data_trim(trim_1v8_o),
      .hwif_in_neuron_config_rd_data_pair(pair_1v8_o), .hwif_in_neuron_config_rd_data_test(test_1v8_o),
      .hwif_in_irq_status_pixels(status[14]), .hwif_out_irq_status_image_end(status[13]), .hwif_in_irq_status_image_end_hwset(more_ended),
      .hwif_out_image_req(image_request), .hwif_in_image_rd_ack(read_ack), .hwif_in_image_wr_ack(write_ack),
      .hwif_in_image_rd_data_found(image_state_i.found), .hwif_in_image_rd_data_neuron(image_state_i.neuron),
      .hwif_in_image_rd_data_count(image_state_i.count), .hwif_in_image_rd_data_full(image_state_i.full),
      .hwif_in_image_rd_data_waits(image_state_i.waits), .hwif_in_image_rd_data_busy(image_state_i.busy),
      .hwif_out_pixels_req(pixels_request), .hwif_in_pixels_wr_ack(write_ack),
      .hwif_out_reference_req(reference_request), .hwif_in_reference_rd_ack(read_ack), .hwif_in_reference_wr_ack(write_ack),
      .hwif_in_reference_rd_data_data(image_state_i.data), .hwif_in_reference_rd_data_word(image_state_i.word),
      .hwif_in_neuron_config_rd_data_neuron (config_neuron),
      .hwif_in_neuron_config_rd_data_all    (config_all)
  );

  // Answers of the register block that cannot occur, and fields of the error register, which are only read.
  logic unused;
  assign unused = &{1'b0, stall, error, bus_code, rail_told, config_taken};

endmodule

`default_nettype wire
