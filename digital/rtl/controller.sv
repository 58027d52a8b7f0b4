// The controller: Wishbone registers, images and address events shown to the neurons, address events from spikes, jobs
// that program and read the array. See docs/02-chip/controller.md.
`default_nettype none

module controller #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
`ifdef USE_POWER_PINS
    inout  wire                vccd1,
    inout  wire                vssd1,
`endif
    input  wire                wb_clk_i,
    input  wire                wb_rst_i,
    input  wire                wbs_cyc_i,
    input  wire                wbs_stb_i,
    input  wire                wbs_we_i,
    input  wire  [3:0]         wbs_sel_i,
    input  wire  [31:0]        wbs_adr_i,
    input  wire  [31:0]        wbs_dat_i,
    output logic               wbs_ack_o,
    output logic [31:0]        wbs_dat_o,

    input  wire  [controller_pkg::IoWidth-1:0] io_in,
    output logic [controller_pkg::IoWidth-1:0] io_out,
    output logic [controller_pkg::IoWidth-1:0] io_oeb,
    output logic [127:0]       la_data_out,
    output logic [2:0]         user_irq,

    output logic [Rows-1:0]    row_1v8_o,
    output logic               wake_1v8_o,
    output logic               integ_1v8_o,
    output logic [2:0]         ratio_b_1v8_o,
    output logic               hold_1v8_o,
    input  wire  [Neurons-1:0] spike_1v8_i,
    output logic [Neurons-1:0] discharge_1v8_o,

    output logic [Neurons-1:0] fire_1v8_o,
    output logic               phi_1_1v8_o,
    output logic               phi_2_1v8_o,

    output logic [2:0]         trim_1v8_o,
    output logic [4:0]         pair_1v8_o,
    output logic               test_1v8_o,
    output logic               config_1v8_o,

    output logic [Columns-1:0] col_1v8_o,
    output logic               sel_program_1v8_o,
    output logic               sel_sense_1v8_o,
    output logic               sel_ground_1v8_o,
    output logic               unsel_ground_1v8_o,
    output logic               unsel_inhibit_1v8_o,
    output logic               sl_program_1v8_o,
    output logic               sl_ground_1v8_o,
    output logic               con_1v8_o,
    output logic               wl_dac_1v8_o,
    output logic               wl_full_1v8_o,
    output logic [5:0]         dac_wl_1v8_o,
    output logic               dac_wl_fine_1v8_o,
    output logic [5:0]         dac_bl_1v8_o,
    output logic               dac_enable_1v8_o,
    output logic               adc_enable_1v8_o,
    output logic               adc_range_1v8_o,
    output logic               adc_sample_1v8_o,
    output logic [7:0]         adc_trial_1v8_o,
    output logic               adc_strobe_1v8_o,
    input  wire                adc_valid_1v8_i,
    input  wire                adc_above_1v8_i,

    output logic [image_pkg::ThresholdWidth-1:0] reference_d_1v8_o,
    output logic [image_pkg::ReferenceWords-1:0] reference_write_1v8_o,
    output logic               reference_job_1v8_o,
    output logic               low_1v8_o  // constant: the top ties inputs to it that nothing drives
);

  controller_pkg::neuron_settings_t   settings;
  controller_pkg::limits_t            limits;
  controller_pkg::ispp_t              ispp;
  controller_pkg::grid_t              grid;
  controller_pkg::read_t              read_settings;
  controller_pkg::region_t            region;
  controller_pkg::path_timing_t       path_timing;
  controller_pkg::adc_timing_t        adc_timing;
  controller_pkg::result_t            result;
  controller_pkg::job_error_e         job_error;
  image_pkg::show_t                   show_settings;
  image_pkg::path_t                   path_settings;
  image_pkg::request_t                image_request;
  image_pkg::state_t                  image_state;
  logic [Neurons-1:0] mask, released;
  logic               key, event_write, event_take, command, stop_job, stop_results, stop_write, region_write, levels_write, result_take;
  logic [7:0]         write_data;
  logic [31:0]        held_data;
  logic               show_busy, rows_busy, event_busy, spike_valid, software_valid, sender_idle, sender_take, spike_take;
  logic [7:0]         event_write_row, result_row, result_col, target;
  logic [5:0]         last_wl;
  logic [2:0]         result_count;
  logic [2:0]         level_words;
  logic               job_busy, job_end, job_failed, waits_level, waits_room, levels_full, levels_closed;
  logic               result_valid;
  logic               learning_busy, awake, program_active, show_active, sender_active, learning_active, interlock_active, interlock_active_q;
  logic               clk_program, clk_show, clk_sender, clk_learning, clk_interlock;
  logic               received, sent, bad_address, dropped, stuck, overflow, lost, event_in_job, rail_refused, irq;
  logic [controller_pkg::NeuronAddressWidth-1:0] spike_neuron;

  // Lint waiver: as in reset_synchronizer.
  /* verilator lint_off SYNCASYNCNET */
  logic rst;
  /* verilator lint_on SYNCASYNCNET */

  // Reset, by the pin or because the clock stands while something is on.
  logic drives, clock_high, clock_lost, clock_was_lost, clock_lost_clear;

  clock_reset u_reset (
      .clk_i(wb_clk_i), .pin_rst_i(wb_rst_i), .lost_i(clock_lost), .clear_i(clock_lost_clear),
      .rst_o(rst), .clock_o(clock_high), .lost_o(clock_was_lost)
  );

  clock_watch u_watch (.clock_i(clock_high), .on_i(drives), .lost_o(clock_lost));

  // Wishbone, SPI.
  controller_pkg::bus_t bus;
  logic                 bus_ack, spi_data, spi_drive, spi_bad, spi_busy;

  bus_front u_front (
      .clk_i(wb_clk_i), .rst_i(rst),
      .wbs_cyc_i(wbs_cyc_i), .wbs_stb_i(wbs_stb_i), .wbs_we_i(wbs_we_i), .wbs_sel_i(wbs_sel_i),
      .wbs_adr_i(wbs_adr_i), .wbs_dat_i(wbs_dat_i), .wbs_ack_o(wbs_ack_o),
      .spi_sck_i(io_in[controller_pkg::SpiClockPin]), .spi_select_n_i(io_in[controller_pkg::SpiSelectPin]),
      .spi_data_i(io_in[controller_pkg::SpiDataPin]), .spi_data_o(spi_data), .spi_drive_o(spi_drive),
      .spi_bad_o(spi_bad), .spi_busy_o(spi_busy),
      .bus_o(bus), .bus_ack_i(bus_ack), .bus_dat_i(wbs_dat_o)
  );

  register_block #(
      .Rows   (Rows),
      .Columns(Columns),
      .Neurons(Neurons)
  ) u_registers (
      .clk_i(wb_clk_i), .rst_i(rst), .wbs_cyc_i(bus.cyc), .wbs_stb_i(bus.stb), .wbs_we_i(bus.we), .wbs_sel_i(bus.sel),
      .wbs_adr_i(bus.adr), .wbs_dat_i(bus.dat), .wbs_ack_o(bus_ack), .wbs_dat_o(wbs_dat_o), .irq_o(irq), .neuron_o(settings),
      .mask_o(mask), .limits_o(limits), .ispp_o(ispp), .grid_o(grid), .read_o(read_settings), .region_o(region),
      .path_timing_o(path_timing), .adc_timing_o(adc_timing), .key_o(key), .show_o(show_settings), .path_o(path_settings),
      .image_request_o(image_request), .image_state_i(image_state), .release_o(released),
      .trim_1v8_o(trim_1v8_o), .test_1v8_o(test_1v8_o), .config_1v8_o(config_1v8_o), .pair_1v8_o(pair_1v8_o),
      .event_write_o(event_write), .event_take_o(event_take),
      .command_o(command), .stop_job_o(stop_job), .stop_results_o(stop_results), .stop_write_o(stop_write),
      .region_write_o(region_write), .levels_write_o(levels_write), .result_take_o(result_take),
      .write_data_o(write_data), .held_data_o(held_data), .awake_o(awake),
      .pulse_busy_i(show_busy | learning_busy), .learning_busy_i(learning_busy), .event_busy_i(event_busy), .event_row_i(event_write_row),
      .spike_valid_i(spike_valid), .software_valid_i(software_valid), .spike_neuron_i(spike_neuron),
      .job_busy_i(job_busy), .job_waits_level_i(waits_level), .job_waits_room_i(waits_room), .job_error_i(job_error),
      .levels_full_i(levels_full), .levels_closed_i(levels_closed), .level_words_i(level_words), .result_valid_i(result_valid),
      .result_i(result), .result_count_i(result_count), .result_row_i(result_row), .result_col_i(result_col),
      .target_i(target), .last_wl_i(last_wl),
      .received_i(received), .sent_i(sent), .bad_address_i(bad_address), .dropped_i(dropped), .stuck_i(stuck),
      .overflow_i(overflow), .lost_i(lost), .job_end_i(job_end), .job_failed_i(job_failed), .event_in_job_i(event_in_job),
      .rail_refused_i(rail_refused),
      .spi_bad_i(spi_bad),
      .clock_lost_i(clock_was_lost), .clock_lost_clear_o(clock_lost_clear)
  );

  // What comes from outside the clock.
  logic               aer_in_req, aer_out_ack, adc_valid;
  logic [Neurons-1:0] spike;

  synchronizer #(
      .Width(Neurons + 3)
  ) u_synchronizer (
      .clk_i  (wb_clk_i), .rst_i(rst),
      .async_i({io_in[controller_pkg::AerInReqPin], io_in[controller_pkg::AerOutAckPin], adc_valid_1v8_i, spike_1v8_i}),
      .sync_o ({aer_in_req, aer_out_ack, adc_valid, spike})
  );

  // Images and events to rows.
  logic                       neuron_grant, show_wake, show_integ, learn_phi_1, learn_phi_2, learn_fire, image_has_neurons;
  logic [Rows-1:0]            show_rows, learning_rows, event_hot;
  logic [Neurons-1:0]         fires, learning_neuron, image_open;
  logic                       aer_in_ack, event_valid, event_ready;
  logic [controller_pkg::RowAddressWidth-1:0] event_row;

  assign received     = event_valid & event_ready;
  assign event_in_job = job_busy & settings.enable & settings.aer_in & aer_in_req & ~aer_in_ack;

  event_input #(
      .Rows(Rows)
  ) u_event_input (
      .clk_i        (wb_clk_i), .rst_i(rst),
      .awake_i      (awake),
      .enable_i     (settings.enable),
      .aer_enable_i (settings.aer_in),
      .timeout_cycles_i(settings.timeout),
      .aer_req_i    (aer_in_req),
      .aer_address_i(io_in[controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth]),
      .aer_ack_o    (aer_in_ack),
      .write_i      (event_write), .write_row_i(write_data),
      .write_busy_o (event_busy),
      .write_row_o  (event_write_row),
      .event_valid_o(event_valid), .event_row_o(event_row), .event_ready_i(event_ready),
      .bad_address_o(bad_address), .dropped_o(dropped), .stuck_o(stuck), .overflow_o(overflow)
  );

  image_unit #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_show (
      .clk_i          (clk_show), .rst_i(rst),
      .enable_i       (settings.enable),
      .settings_i     (show_settings),
      .multi_hot_i    (settings.multi_hot),
      .gather_cycles_i(settings.window),
      .mask_i         (mask),
      .request_i      (image_request),
      .pixel_data_i   (held_data),
      .word_data_i    (bus.dat[10:0]),
      .state_o        (image_state),
      .grant_i        (neuron_grant & ~learning_busy),
      .event_valid_i  (event_valid), .event_row_i(event_row), .event_ready_o(event_ready),
      .event_hot_o    (event_hot),
      .spike_i        (spike),
      .busy_o(show_busy), .active_o(show_active), .rows_busy_o(rows_busy),
      .rows_o         (show_rows),
      .wake_o(show_wake), .integ_o(show_integ),
      .hold_neurons_o (image_has_neurons),
      .open_o         (image_open),
      .ratio_b_1v8_o  (ratio_b_1v8_o),
      .hold_1v8_o     (hold_1v8_o),
      .reference_d_1v8_o(reference_d_1v8_o), .reference_write_1v8_o(reference_write_1v8_o)
  );

  // Jobs.
  controller_pkg::lines_t     lines_wanted;
  controller_pkg::codes_t     codes_job;
  image_pkg::lines_t          lines;
  image_pkg::codes_t          codes_wanted, codes;
  logic       column_on, row_on_wanted, lines_ready, neuron_ready, learn_ready, row_on, row_refused, job_grant, hold, dac_job;
  logic [7:0] column, row;

  program_unit #(
      .Rows   (Rows),
      .Columns(Columns)
  ) u_program (
      .clk_i           (clk_program), .rst_i(rst),
      .ispp_i          (ispp),
      .grid_i          (grid),
      .limits_i        (limits),
      .read_i          (read_settings),
      .region_i        (region),
      .path_timing_i   (path_timing),
      .adc_timing_i    (adc_timing),
      .key_i           (key),
      .command_i(command), .stop_job_i(stop_job), .stop_results_i(stop_results), .stop_write_i(stop_write),
      .region_write_i(region_write), .levels_write_i(levels_write), .result_take_i(result_take),
      .operation_i     (write_data[2:0]),
      .quiet_i         (write_data[4]),
      .level_data_i    (held_data),
      .busy_o(job_busy), .active_o(program_active), .ended_o(job_end), .failed_o(job_failed), .error_o(job_error),
      .waits_level_o(waits_level), .waits_room_o(waits_room), .levels_full_o(levels_full),
      .levels_closed_o(levels_closed), .level_words_o(level_words),
      .result_valid_o  (result_valid),
      .result_o        (result),
      .result_count_o(result_count), .result_row_o(result_row), .result_col_o(result_col),
      .target_o        (target),
      .last_wl_o       (last_wl),
      .neuron_i        (settings.enable),
      .neuron_busy_i   (rows_busy | learning_busy),  // what only waits is shown behind the job
      .neuron_grant_o  (neuron_grant),
      .job_grant_o     (job_grant),
      .lines_o(lines_wanted), .codes_o(codes_job), .column_on_o(column_on), .column_o(column), .row_on_o(row_on_wanted), .row_o(row),
      .lines_ready_i(lines_ready), .neuron_ready_i(neuron_ready), .row_on_i(row_on), .row_refused_i(row_refused),
      .dac_enable_1v8_o(dac_job),
      .adc_enable_1v8_o(adc_enable_1v8_o),
      .adc_range_1v8_o(adc_range_1v8_o), .adc_sample_1v8_o(adc_sample_1v8_o), .adc_trial_1v8_o(adc_trial_1v8_o),
      .adc_strobe_1v8_o(adc_strobe_1v8_o), .adc_valid_i(adc_valid), .adc_above_i(adc_above_1v8_i)
  );

  // Learning, with a DAC that is on for it outside jobs.
  logic              learns, learning_dac;
  logic [image_pkg::GroupWidth-1:0] learning_group;
  image_pkg::codes_t codes_learning;

  rail_learning #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_learning (
      .clk_i           (clk_learning), .rst_i(rst),
      .settings_i      (settings),
      .path_i          (path_settings),
      .limits_i        (limits), .refused_o(rail_refused),
      .program_settle_i(path_timing.program_settle),
      .event_i         (received), .event_hot_i(event_hot), .fires_i(fires),
      .ready_i         (learn_ready),
      .rows_busy_i     (rows_busy),
      .busy_o          (learning_busy),
      .active_o        (learning_active),
      .learn_o         (learns),
      .dac_1v8_o       (learning_dac),
      .codes_o         (codes_learning),
      .row_next_o(learning_rows), .group_next_o(learning_group), .phi_1_next_o(learn_phi_1), .phi_2_next_o(learn_phi_2),
      .fire_next_o(learn_fire), .neuron_o(learning_neuron)
  );

  assign codes_wanted.fine = job_grant ? codes_job.fine : codes_learning.fine;
  assign codes_wanted.wl   = job_grant ? codes_job.wl : codes_learning.wl;
  assign codes_wanted.bl   = job_grant ? codes_job.bl : codes_learning.bl;
  assign dac_enable_1v8_o  = dac_job | learning_dac;

  // Clocks of what stands still; of the others inside. The interlock has what is wanted, and a cycle later nothing is left over.
  assign interlock_active = rst | ~lines_ready | (codes != codes_wanted) | row_on_wanted | show_wake | learning_busy;

  always_ff @(posedge wb_clk_i) interlock_active_q <= interlock_active;

  clock_gate #(.Strong(1'b1)) u_clock_program (.clk_i(wb_clk_i), .enable_i(awake | program_active), .clk_o(clk_program));
  clock_gate u_clock_show (.clk_i(wb_clk_i), .enable_i(awake | show_active), .clk_o(clk_show));
  clock_gate u_clock_sender (.clk_i(wb_clk_i), .enable_i(awake | sender_active), .clk_o(clk_sender));
  clock_gate u_clock_learning (.clk_i(wb_clk_i), .enable_i(awake | learning_active), .clk_o(clk_learning));
  clock_gate u_clock_interlock (.clk_i(wb_clk_i), .enable_i(interlock_active | interlock_active_q), .clk_o(clk_interlock));

  // The last stage before the analog core.
  interlock #(
      .Rows   (Rows),
      .Columns(Columns),
      .Neurons(Neurons)
  ) u_interlock (
      .clk_i          (clk_interlock), .rst_i(rst),
      .gap_cycles_i   (path_timing.gap),
      .limits_i       (limits),
      .erase_allowed_i(path_settings.erase_allowed),
      .lines_i        (lines_wanted),
      .learn_i        (learns),
      .erase_i        (path_settings.erase & (codes_wanted.wl == ispp.reset_stage.wl_stop)),
      .codes_i        (codes_wanted),
      .column_on_i    (column_on), .column_i(column), .row_on_i(row_on_wanted), .row_i(row),
      .neuron_rows_i  (show_rows), .neuron_wake_i(show_wake), .neuron_integ_i(show_integ),
      .learn_rows_i   (learning_rows), .learn_phi_1_i(learn_phi_1), .learn_phi_2_i(learn_phi_2), .learn_fire_i(learn_fire),
      .learn_neuron_i (learning_neuron), .learn_group_i(learning_group),
      .lines_ready_o(lines_ready), .neuron_ready_o(neuron_ready), .learn_ready_o(learn_ready),
      .row_on_o(row_on), .drives_o(drives), .refused_o(row_refused),
      .row_1v8_o      (row_1v8_o),
      .wake_1v8_o(wake_1v8_o), .integ_1v8_o(integ_1v8_o),
      .phi_1_1v8_o(phi_1_1v8_o), .phi_2_1v8_o(phi_2_1v8_o),
      .fire_1v8_o(fire_1v8_o), .col_1v8_o(col_1v8_o), .lines_1v8_o(lines), .codes_1v8_o(codes)
  );

  assign {sel_program_1v8_o, sel_sense_1v8_o, sel_ground_1v8_o, unsel_ground_1v8_o, unsel_inhibit_1v8_o, sl_program_1v8_o,
      sl_ground_1v8_o, con_1v8_o, wl_dac_1v8_o, wl_full_1v8_o} = lines;
  assign {dac_wl_fine_1v8_o, dac_wl_1v8_o, dac_bl_1v8_o} = codes;
  assign reference_job_1v8_o = dac_enable_1v8_o | adc_enable_1v8_o;

  // Spikes to events. While the array is a job's, until its lines have come to the neurons, while a learning waveform runs, and while an
  // image has the neurons, every neuron is held discharged, but for those that it opens; when it takes and gives them they are not open.
  logic                          aer_out_req;
  logic [Neurons-1:0]            discharge;
  logic [controller_pkg::NeuronAddressWidth-1:0] aer_out_address;

  assign software_valid = spike_valid & ~settings.aer_out & sender_idle;
  assign spike_take     = sender_take | (event_take & software_valid);
  assign sent           = spike_take & ~lost;
  assign hold           = job_grant | learning_busy | ~neuron_ready | image_has_neurons;
  assign discharge_1v8_o = discharge & ~image_open;

  spike_collector #(
      .Neurons(Neurons)
  ) u_spike_collector (
      .clk_i                (wb_clk_i), .rst_i(rst),
      .awake_i              (awake),
      .enable_i             (settings.enable), .mask_i(mask),
      .hold_i               (hold),
      .release_i            (released),
      .winner_i(settings.winner),
      .inhibit_cycles_i     (settings.inhibit),
      .refractory_count_i   (settings.refractory_count),
      .refractory_prescale_i(settings.refractory_prescale),
      .spike_i              (spike),
      .discharge_1v8_o      (discharge),
      .fires_o              (fires),
      .event_valid_o        (spike_valid),
      .neuron_o             (spike_neuron),
      .event_take_i         (spike_take)
  );

  aer_sender u_aer_sender (
      .clk_i           (clk_sender), .rst_i(rst),
      .enable_i        (settings.aer_out),
      .timeout_cycles_i(settings.timeout),
      .event_valid_i   (spike_valid),
      .event_neuron_i  (spike_neuron),
      .event_take_o    (sender_take),
      .lost_o          (lost),
      .idle_o          (sender_idle),
      .active_o        (sender_active),
      .aer_req_o       (aer_out_req),
      .aer_address_o   (aer_out_address),
      .aer_ack_i       (aer_out_ack)
  );

  // Pins of the harness.
  controller_pkg::monitor_t monitor;
  logic [31:0]              parity;

  assign monitor = {lines, |row_1v8_o, integ_1v8_o | phi_1_1v8_o | phi_2_1v8_o, |fire_1v8_o, job_grant, job_busy, waits_level,
      waits_room, dac_enable_1v8_o, adc_enable_1v8_o, adc_strobe_1v8_o, show_busy, learning_busy, event_valid, aer_in_req, spike_valid,
      aer_out_ack, awake, spi_busy, bus.spi, bus.cyc & bus.stb, bus.we, bus_ack};

  output_parity #(
      .Width(Rows + Columns + 2 * Neurons + 67)
  ) u_parity (
      .outputs_i({row_1v8_o, col_1v8_o, discharge_1v8_o, fire_1v8_o, codes, lines, wake_1v8_o, integ_1v8_o, ratio_b_1v8_o, hold_1v8_o,
          phi_1_1v8_o, phi_2_1v8_o, trim_1v8_o, pair_1v8_o, test_1v8_o, config_1v8_o, dac_enable_1v8_o, adc_enable_1v8_o, adc_range_1v8_o,
          adc_sample_1v8_o, adc_trial_1v8_o, adc_strobe_1v8_o, reference_d_1v8_o, reference_write_1v8_o, reference_job_1v8_o}),
      .show_i(settings.parity), .parity_o(parity)
  );

  harness_pins u_pins (
      .io_in(io_in), .io_out(io_out), .io_oeb(io_oeb), .la_data_out(la_data_out), .user_irq(user_irq), .low_1v8_o(low_1v8_o),
      .aer_in_ack_i(aer_in_ack), .aer_out_req_i(aer_out_req), .aer_out_address_i(aer_out_address),
      .spi_data_i(spi_data), .spi_drive_i(spi_drive), .irq_i(irq), .monitor_i(monitor), .parity_i(parity)
  );

  // There is no DAC of the source lines and no phase of neurons; settle and gap are learning's.
  logic unused;
  assign unused = &{1'b0, codes_job.sl, settings.signed_phase, settings.phi_p, settings.phi_n};

`ifdef ASSERTIONS
  controller_assertions #(.Rows(Rows), .Columns(Columns), .Neurons(Neurons)) u_assertions (
      .clk_i(wb_clk_i), .rst_i(rst), .limits_i(limits), .erase_allowed_i(path_settings.erase_allowed), .gap_cycles_i(path_timing.gap),
      .wbs_cyc_i(wbs_cyc_i), .wbs_stb_i(wbs_stb_i), .wbs_ack_i(wbs_ack_o), .spi_i(bus.spi), .io_in_i(io_in), .io_out_i(io_out),
      .discharge_i(discharge_1v8_o), .release_i(released), .config_i(config_1v8_o), .fire_i(fire_1v8_o), .row_i(row_1v8_o),
      .col_i(col_1v8_o), .wake_i(wake_1v8_o), .integ_i(integ_1v8_o), .ratio_b_i(ratio_b_1v8_o), .phases_i({phi_2_1v8_o, phi_1_1v8_o}),
      .lines_i(lines), .codes_i(codes), .reference_d_i(reference_d_1v8_o), .reference_write_i(reference_write_1v8_o),
      .dac_enable_i(dac_enable_1v8_o), .adc_enable_i(adc_enable_1v8_o), .adc_sample_i(adc_sample_1v8_o), .adc_trial_i(adc_trial_1v8_o),
      .adc_strobe_i(adc_strobe_1v8_o), .adc_valid_i(adc_valid_1v8_i), .adc_timing_i(adc_timing), .key_i(key), .job_busy_i(job_busy),
      .job_end_i(job_end), .job_failed_i(job_failed), .job_error_i(job_error), .job_grant_i(job_grant),
      .job_quiet_i(u_program.u_job.quiet_q), .pulse_i(u_program.pulse), .verify_i(u_program.verify), .cell_i(u_program.u_job.push_done),
      .result_i(u_program.push), .level_valid_i(u_program.level_valid), .level_take_i(u_program.level_take),
      .row_off_i(u_program.row_off), .levels_closed_i(levels_closed), .level_words_i(level_words)
  );
`endif

endmodule

`default_nettype wire
