// Everything that programs and reads the array, up to what it asks of path_interlock: jobs, levels, results, path, converter.
`default_nettype none

module program_unit #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64
) (
    input  wire                               clk_i,
    input  wire                               rst_i,
    input  wire controller_pkg::ispp_t        ispp_i,
    input  wire controller_pkg::grid_t        grid_i,
    input  wire controller_pkg::limits_t      limits_i,
    input  wire controller_pkg::read_t        read_i,
    input  wire controller_pkg::region_t      region_i,
    input  wire controller_pkg::path_timing_t path_timing_i,
    input  wire controller_pkg::adc_timing_t  adc_timing_i,
    input  wire                               key_i,

    input  wire                               command_i,
    input  wire                               stop_job_i,
    input  wire                               stop_results_i,
    input  wire                               stop_write_i,    // STOP is written, whatever its bits
    input  wire                               region_write_i,
    input  wire                               levels_write_i,
    input  wire                               result_take_i,
    input  wire  [2:0]                        operation_i,     // with command_i
    input  wire                               quiet_i,
    input  wire  [31:0]                       level_data_i,    // one cycle after levels_write_i

    output logic                              busy_o,
    output logic                              active_o,        // something here can change, whatever the bus does
    output logic                              ended_o,
    output logic                              failed_o,        // one cycle, with ended_o: not well
    output controller_pkg::job_error_e        error_o,
    output logic                              waits_level_o,
    output logic                              waits_room_o,
    output logic                              levels_full_o,
    output logic                              levels_closed_o,
    output logic [2:0]                        level_words_o,
    output logic                              result_valid_o,
    output controller_pkg::result_t           result_o,
    output logic [2:0]                        result_count_o,
    output logic [7:0]                        result_row_o,
    output logic [7:0]                        result_col_o,
    output logic [7:0]                        target_o,
    output logic [5:0]                        last_wl_o,

    input  wire                               neuron_i,
    input  wire                               neuron_busy_i,
    output logic                              neuron_grant_o,
    output logic                              job_grant_o,

    output controller_pkg::lines_t            lines_o,
    output controller_pkg::codes_t            codes_o,
    output logic                              column_on_o,
    output logic [7:0]                        column_o,
    output logic                              row_on_o,
    output logic [7:0]                        row_o,
    input  wire                               lines_ready_i,
    input  wire                               neuron_ready_i,
    input  wire                               row_on_i,
    input  wire                               row_refused_i,

    output logic                              dac_enable_1v8_o,
    output logic                              adc_enable_1v8_o,
    output logic                              adc_range_1v8_o,
    output logic                              adc_sample_1v8_o,
    output logic [7:0]                        adc_trial_1v8_o,
    output logic                              adc_strobe_1v8_o,
    input  wire                               adc_valid_i,
    input  wire                               adc_above_i
);

  logic        level_valid, bad_level, level_take, level_clear, flush, room_full, push, powered, programs;
  logic [4:0]  level;
  controller_pkg::result_t     result;
  logic        pulse, verify, hold, row_off, stays, stops, fine, path_done, path_refused, adc_start, adc_done, answered, enough;
  controller_pkg::kind_e       kind;
  logic [5:0]  wl, line;
  logic [9:0]  width;
  logic [10:0] sum;
  logic        job_active, path_active, adc_active;

  assign active_o = job_active | path_active | adc_active;

  // Levels are a job's own: those of the last are gone with it, those of the next come after REGION, after a STOP, or while it runs.
  assign flush = stop_write_i & ~busy_o;

  level_buffer u_levels (
      .clk_i       (clk_i),
      .rst_i       (rst_i),
      .clear_i     (level_clear | flush),
      .close_i     (level_clear),
      .open_i      (flush | region_write_i | command_i),
      .closed_o    (levels_closed_o),
      .max_level_i (grid_i.max_level),
      .write_i     (levels_write_i),
      .write_data_i(level_data_i),
      .full_o      (levels_full_o),
      .words_o     (level_words_o),
      .bad_level_o (bad_level),
      .take_i      (level_take),
      .valid_o     (level_valid),
      .level_o     (level)
  );

  job_engine #(
      .Rows   (Rows),
      .Columns(Columns)
  ) u_job (
      .clk_i         (clk_i),
      .rst_i         (rst_i),
      .ispp_i        (ispp_i),
      .grid_i        (grid_i),
      .limits_i      (limits_i),
      .region_i      (region_i),
      .key_i         (key_i),
      .read_i        (read_i),
      .wake_i        (path_timing_i.wake),
      .start_i       (command_i),
      .operation_i   (operation_i),
      .quiet_i       (quiet_i),
      .stop_i        (stop_job_i),
      .busy_o        (busy_o),
      .active_o      (job_active),
      .ended_o       (ended_o),
      .error_o       (error_o),
      .failed_o      (failed_o),
      .waits_level_o (waits_level_o),
      .waits_room_o  (waits_room_o),
      .powered_o     (powered),
      .programs_o    (programs),
      .level_valid_i (level_valid),
      .level_i       (level),
      .bad_level_i   (bad_level),
      .level_take_o  (level_take),
      .level_clear_o (level_clear),
      .room_i        (~room_full),
      .result_push_o (push),
      .result_o      (result),
      .row_o         (row_o),
      .col_o         (column_o),
      .target_o      (target_o),
      .last_wl_o     (last_wl_o),
      .job_grant_i   (job_grant_o),
      .pulse_o       (pulse),
      .verify_o      (verify),
      .hold_o        (hold),
      .row_off_o     (row_off),
      .static_o      (stays),
      .end_o         (stops),
      .kind_o        (kind),
      .wl_o          (wl),
      .line_o        (line),
      .fine_o        (fine),
      .width_o       (width),
      .path_done_i   (path_done),
      .path_refused_i(path_refused),
      .answered_i    (answered),
      .sum_i         (sum),
      .enough_o      (enough)
  );

  result_fifo u_results (
      .clk_i   (clk_i),
      .rst_i   (rst_i),
      .clear_i (stop_results_i),
      .push_i  (push),
      .result_i(result),
      .full_o  (room_full),
      .pop_i   (result_take_i),
      .valid_o (result_valid_o),
      .result_o(result_o),
      .count_o (result_count_o)
  );

  // The results of a job come in the order of its cells: their addresses are walked again, not stored. A job starts only when no
  // result waits, so this walk and the job's begin together.
  logic last_result;

  job_walker u_result_walker (
      .clk_i   (clk_i),
      .rst_i   (rst_i),
      .region_i(region_i),
      .start_i (command_i),
      .next_i  (result_take_i & result_valid_o),
      .row_o   (result_row_o),
      .col_o   (result_col_o),
      .last_o  (last_result)
  );

  path_sequencer u_path (
      .clk_i           (clk_i),
      .rst_i           (rst_i),
      .program_settle_i(path_timing_i.program_settle),
      .read_settle_i   (path_timing_i.read_settle),
      .neuron_i        (neuron_i),
      .neuron_busy_i   (neuron_busy_i),
      .job_i           (busy_o),
      .neuron_grant_o  (neuron_grant_o),
      .job_grant_o     (job_grant_o),
      .active_o        (path_active),
      .pulse_i         (pulse),
      .verify_i        (verify),
      .hold_i          (hold),
      .row_off_i       (row_off),
      .static_i        (stays),
      .end_i           (stops),
      .kind_i          (kind),
      .wl_i            (wl),
      .line_i          (line),
      .fine_i          (fine),
      .width_i         (width),
      .done_o          (path_done),
      .refused_o       (path_refused),
      .adc_start_o     (adc_start),
      .adc_done_i      (adc_done),
      .lines_o         (lines_o),
      .codes_o         (codes_o),
      .column_on_o     (column_on_o),
      .row_on_o        (row_on_o),
      .lines_ready_i   (lines_ready_i),
      .neuron_ready_i  (neuron_ready_i),
      .row_on_i        (row_on_i),
      .row_refused_i   (row_refused_i)
  );

  adc_sequencer u_adc (
      .clk_i            (clk_i),
      .rst_i            (rst_i),
      .sample_cycles_i  (adc_timing_i.sample),
      .hold_cycles_i    (adc_timing_i.hold),
      .trial_cycles_i   (adc_timing_i.trial),
      .watchdog_cycles_i(adc_timing_i.watchdog),
      .start_i          (adc_start),
      .count_i          (read_i.count),
      .enough_i         (enough),
      .done_o           (adc_done),
      .answered_o       (answered),
      .sum_o            (sum),
      .active_o         (adc_active),
      .adc_sample_1v8_o (adc_sample_1v8_o),
      .adc_trial_1v8_o  (adc_trial_1v8_o),
      .adc_strobe_1v8_o (adc_strobe_1v8_o),
      .adc_valid_i      (adc_valid_i),
      .adc_above_i      (adc_above_i)
  );

  logic dac_enable_q, adc_enable_q, range_q;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      dac_enable_q <= 1'b0;
      adc_enable_q <= 1'b0;
      range_q      <= 1'b0;
    end else begin
      dac_enable_q <= programs;
      adc_enable_q <= powered;
      range_q      <= read_i.range;
    end
  end

  assign dac_enable_1v8_o = dac_enable_q;
  assign adc_enable_1v8_o = adc_enable_q;
  assign adc_range_1v8_o  = range_q;

  // Read elsewhere, or by nobody.
  logic unused;
  assign unused = &{1'b0, last_result, path_timing_i.gap};

endmodule

`default_nettype wire
