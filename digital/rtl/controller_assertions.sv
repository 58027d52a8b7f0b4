// What the pins of the controller must never show, checked at every clock edge of every simulation: cocotb, jobs bench, mixed test.
//
// Compiled in with ASSERTIONS defined (digital/rtl/files.py: simulation_sources, SIMULATION_DEFINES); hardening never sees it. A check that
// fails prints "ASSERTION <name> at <time>" and ends the simulation: cocotb counts the test as failed, the jobs bench has no verdict of its
// own. To add one: an assert with a name of its own in the section of its subject, and the fault that must trip it in
// verification/cocotb/assertion_faults.py. Values are those at the end of a cycle; *_q are those of the cycle before; live: both are out of
// reset. The proofs say the same of all inputs (digital/formal/), these of what the tests do and of the simulators' own meaning of the code.
`default_nettype none

module controller_assertions #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
    input wire                           clk_i,
    input wire                           rst_i,
    // Settings.
    input wire controller_pkg::limits_t  limits_i,
    input wire                           erase_allowed_i,
    input wire [5:0]                     gap_cycles_i,
    // Bus.
    input wire                           wbs_cyc_i,
    input wire                           wbs_stb_i,
    input wire                           wbs_ack_i,
    input wire                           spi_i,          // the bus is the SPI port's
    // Harness' pins, neurons.
    input wire [controller_pkg::IoWidth-1:0] io_in_i,
    input wire [controller_pkg::IoWidth-1:0] io_out_i,
    input wire [Neurons-1:0]             discharge_i,
    input wire [Neurons-1:0]             release_i,      // neurons that a configuration write lets go, one cycle before the pins
    input wire                           config_i,
    input wire [Neurons-1:0]             fire_i,
    // Array.
    input wire [Rows-1:0]                row_i,
    input wire [Columns-1:0]             col_i,
    input wire                           wake_i,
    input wire                           integ_i,
    input wire [2:0]                     ratio_b_i,
    input wire [1:0]                     phases_i,
    input wire image_pkg::lines_t        lines_i,
    input wire image_pkg::codes_t        codes_i,
    // References.
    input wire [image_pkg::ThresholdWidth-1:0] reference_d_i,
    input wire [image_pkg::ReferenceWords-1:0] reference_write_i,
    // Converter, jobs.
    input wire                           dac_enable_i,
    input wire                           adc_enable_i,
    input wire                           adc_sample_i,
    input wire [7:0]                     adc_trial_i,
    input wire                           adc_strobe_i,
    input wire                           adc_valid_i,
    input wire controller_pkg::adc_timing_t adc_timing_i,
    input wire                           key_i,
    input wire                           job_busy_i,
    input wire                           job_end_i,      // one cycle, the last with job_busy_i
    input wire                           job_failed_i,   // with job_end_i
    input wire controller_pkg::job_error_e job_error_i,  // one cycle later
    input wire                           job_grant_i,
    input wire                           job_quiet_i,
    input wire                           pulse_i,        // asked of the path
    input wire                           verify_i,
    input wire                           row_off_i,      // verifies have their row off
    input wire                           cell_i,         // a cell is done
    input wire                           result_i,       // its result is kept
    input wire                           level_valid_i,
    input wire                           level_take_i,
    input wire                           levels_closed_i,
    input wire [2:0]                     level_words_i
);

  task automatic failed(input string name);
    $display("ASSERTION %s at %0t", name, $time);
    $finish;
  endtask

  // Out of reset in this cycle and in the one before.
  logic started_q = 1'b0;
  logic live;
  always @(posedge clk_i) started_q <= ~rst_i;
  assign live = started_q & ~rst_i;

  // --- rows, columns, switches, codes: interlock

  function automatic logic one_column(input logic [Columns-1:0] x);
    return (x & (x - Columns'(1))) == '0;
  endfunction
  function automatic logic one_row(input logic [Rows-1:0] x);
    return (x & (x - Rows'(1))) == '0;
  endfunction
  function automatic logic one_neuron(input logic [Neurons-1:0] x);
    return (x & (x - Neurons'(1))) == '0;
  endfunction

  image_pkg::lines_t      lines_q;
  image_pkg::codes_t      codes_q;
  // As they were when the job began: the bus cannot change them until it has let go of the array, an upset latch can.
  controller_pkg::limits_t limits_q;
  logic [Columns-1:0]     col_q;
  logic [9:0]             width_q;                    // cycles that the row has been on
  logic [5:0]             off_q, gap_q, gap_was_q;    // cycles since all was off, and the gap when it went off
  logic                   active, active_q, pulses, many, moves, early, integ_q;
  logic [Rows-1:0]        row_q;
  logic [2:0]             ratio_b_q;
  logic [4:0]             on, on_q;
  logic [5:0]             open_sel_q, open_unsel_q, open_sl_q, open_con_q, open_wl_q, gap_switch_q;  // cycles that a group has been open

  assign active = (row_i != '0) | wake_i | integ_i | (phases_i != '0) | (fire_i != '0);
  assign pulses = (lines_i == image_pkg::LinesProgram) | (lines_i == image_pkg::LinesReset) | (lines_i == image_pkg::LinesErase);
  assign many   = (lines_i == image_pkg::LinesNeuron) | (lines_i == image_pkg::LinesLearn);
  assign moves  = (lines_i != lines_q) | (col_i != col_q) | (lines_i.wl_dac & (codes_i != codes_q));
  assign on     = {|lines_i[9:7], |lines_i[6:5], |lines_i[4:3], lines_i[2], |lines_i[1:0]};
  assign on_q   = {|lines_q[9:7], |lines_q[6:5], |lines_q[4:3], lines_q[2], |lines_q[1:0]};
  // A group that closes has been open for the gap, at least a cycle.
  assign early = (on[4] & ~on_q[4] & (open_sel_q < gap_switch_q)) | (on[3] & ~on_q[3] & (open_unsel_q < gap_switch_q)) |
      (on[2] & ~on_q[2] & (open_sl_q < gap_switch_q)) | (on[1] & ~on_q[1] & (open_con_q < gap_switch_q)) |
      (on[0] & ~on_q[0] & (open_wl_q < gap_switch_q));

  function automatic logic [5:0] count(input logic closed, input logic [5:0] cycles);
    return (rst_i || closed) ? 6'd0 : (&cycles) ? cycles : cycles + 6'd1;
  endfunction

  always @(posedge clk_i) begin
    if (rst_i || !(job_busy_i || job_grant_i)) limits_q <= limits_i;
    lines_q      <= lines_i;
    codes_q      <= codes_i;
    col_q        <= col_i;
    active_q     <= active;
    integ_q      <= integ_i;
    row_q        <= row_i;
    ratio_b_q    <= ratio_b_i;
    width_q      <= (row_i == '0) ? 10'd0 : width_q + 10'd1;
    off_q        <= count(active, off_q);
    if (rst_i || active) gap_q <= rst_i ? 6'd63 : gap_cycles_i;
    open_sel_q   <= count(on[4], open_sel_q);
    open_unsel_q <= count(on[3], open_unsel_q);
    open_sl_q    <= count(on[2], open_sl_q);
    open_con_q   <= count(on[1], open_con_q);
    open_wl_q    <= count(on[0], open_wl_q);
    gap_was_q    <= gap_cycles_i;
    if (rst_i || (on_q & ~on) != '0) gap_switch_q <= rst_i ? 6'd63 : gap_was_q;
  end

  always @(posedge clk_i) begin
    if (live) begin
      assert (one_column(Columns'(lines_i[9:7])) && lines_i[6:5] != 2'b11 && lines_i[4:3] != 2'b11 && lines_i[1:0] != 2'b11)
      else failed("one_switch_a_group");
      assert ((lines_i[9:7] == lines_q[9:7] || !on[4] || !on_q[4]) && (lines_i[6:5] == lines_q[6:5] || !on[3] || !on_q[3]) &&
          (lines_i[4:3] == lines_q[4:3] || !on[2] || !on_q[2]) && (lines_i[1:0] == lines_q[1:0] || !on[0] || !on_q[0]))
      else failed("break_before_make");
      assert (!early) else failed("open_for_the_gap");
      assert (!lines_i.con || (lines_i[9:5] == '0 && !lines_i.sl_program && !lines_i.wl_dac)) else failed("con_alone");
      assert (one_column(col_i)) else failed("one_column");
      assert (many || one_row(row_i)) else failed("one_row");
      assert (row_i == '0 || many || pulses || lines_i == image_pkg::LinesSense) else failed("row_in_a_known_state");
      assert (row_i == '0 || many || col_i != '0) else failed("row_with_a_column");
      assert (!moves || (!active && !active_q && off_q >= gap_q)) else failed("all_off_while_switching");
      assert (row_i == '0 || active_q || lines_i == image_pkg::LinesNeuron || off_q >= gap_q) else failed("gap_before_row");
      // Behind a job the code of learning may be above limits that software lowers: no row of a job sees it.
      assert (!pulses || row_i == '0 || (codes_i.wl <= (codes_i.fine ? limits_q.wl_fine : limits_q.wl) && codes_i.bl <= limits_q.bl))
      else failed("codes_within_limits");
      assert (lines_i != image_pkg::LinesErase || row_i == '0 || erase_allowed_i) else failed("erase_allowed");
      assert (!pulses || row_i == '0 || width_q < limits_q.width) else failed("width_within_limit");
      assert (!pulses || row_i == '0 || dac_enable_i) else failed("pulse_with_dacs");
      assert (many || row_i == '0 || job_busy_i) else failed("row_of_a_job");
      assert ((!wake_i && !integ_i) || lines_i == image_pkg::LinesNeuron) else failed("window_in_neuron_state");
      assert (!integ_i || wake_i) else failed("window_when_awake");
      assert (!integ_i || !integ_q || (row_i == row_q && ratio_b_i == ratio_b_q)) else failed("rows_stand_in_a_window");
      assert ((phases_i == '0 && fire_i == '0) || lines_i == image_pkg::LinesLearn) else failed("waveform_in_learn_state");
      assert (phases_i != '1) else failed("one_phase");
      assert (one_neuron(fire_i)) else failed("one_neuron_fires");
    end
  end

  // --- words of the references

  logic [image_pkg::ThresholdWidth-1:0] reference_d_q;
  logic [image_pkg::ReferenceWords-1:0] reference_write_q;

  always @(posedge clk_i) begin
    reference_d_q     <= reference_d_i;
    reference_write_q <= reference_write_i;
    if (live) begin
      assert (reference_d_i == reference_d_q || (reference_write_i & reference_write_q) == '0 ||
          reference_write_i == image_pkg::ReferenceWords'(1) << image_pkg::ThresholdWord) else failed("word_stands_while_open");
      assert (reference_d_i == reference_d_q || (reference_write_q & ~reference_write_i) == '0) else failed("word_stands_as_it_closes");
    end
  end

  // --- converter and jobs

  logic       sample_q, strobe_q, valid_q, valid_was_q, valid_seen_q, busy_q, end_q, failed_q, lost_q, key_q;
  logic [7:0] trial_q, strobe_cycles_q;

  always @(posedge clk_i) begin
    strobe_q        <= adc_strobe_i;
    trial_q         <= adc_trial_i;
    sample_q        <= adc_sample_i;
    valid_q         <= adc_valid_i;
    valid_was_q     <= valid_q;
    valid_seen_q    <= valid_was_q;  // what the synchroniser had told in the last cycle
    strobe_cycles_q <= !adc_strobe_i ? 8'd0 : (&strobe_cycles_q) ? strobe_cycles_q : strobe_cycles_q + 8'd1;
    busy_q          <= job_busy_i;
    end_q           <= job_end_i;
    failed_q        <= job_failed_i;
    key_q           <= key_i;
    lost_q          <= ~rst_i & job_busy_i & (lost_q | (cell_i & ~result_i & ~job_quiet_i));
  end

  always @(posedge clk_i) begin
    if (live) begin
      assert (!(adc_strobe_i && strobe_q) || adc_trial_i == trial_q) else failed("trial_stands_under_strobe");
      assert (!(adc_strobe_i && adc_sample_i)) else failed("held_while_compared");
      assert (!strobe_q || adc_strobe_i || valid_seen_q || strobe_cycles_q >= adc_timing_i.watchdog) else failed("strobe_until_answer");
      assert (!adc_strobe_i || strobe_q || !valid_seen_q) else failed("strobe_of_a_clear_comparator");
      assert (!(adc_sample_i || sample_q) || ((row_i != '0) != row_off_i && col_i != '0 && lines_i == image_pkg::LinesSense))
      else failed("sample_of_a_cell");
      assert (!(adc_sample_i || adc_strobe_i) || (adc_enable_i && job_busy_i)) else failed("conversion_of_a_job");
      assert (end_q == (busy_q && !job_busy_i)) else failed("end_told");
      assert (!end_q || failed_q == (job_error_i != controller_pkg::JobNone)) else failed("error_told");
      assert (!(busy_q && !job_busy_i && lost_q) || job_error_i != controller_pkg::JobNone) else failed("lost_result_told");
      assert (!(pulse_i || verify_i) || job_grant_i) else failed("array_is_the_jobs");
      assert (!pulse_i || key_q) else failed("pulse_with_key");
      assert (!level_take_i || level_valid_i) else failed("level_there_when_taken");
      assert (!levels_closed_i || level_words_i == 3'd0) else failed("closed_levels_are_none");
    end
  end

  // --- bus

  logic       request, request_q, ack_q;
  logic [3:0] wait_q;  // cycles that a request has waited, but for those of the SPI port

  assign request = wbs_cyc_i & wbs_stb_i;

  always @(posedge clk_i) begin
    request_q <= request & ~rst_i;
    ack_q     <= wbs_ack_i & ~rst_i;
    wait_q    <= (rst_i || wbs_ack_i || !request) ? 4'd0 : wait_q + {3'd0, ~spi_i};
  end

  always @(posedge clk_i) begin
    if (live) begin
      // The request of the cycle before: a refused one is acknowledged even when its master has let go of it.
      assert (!wbs_ack_i || request_q) else failed("ack_of_a_request");
      assert (!(wbs_ack_i && ack_q)) else failed("ack_one_cycle");
      assert (wait_q <= 4'd6) else failed("ack_within_bound");
    end
  end

  // --- address events, neurons

  // What the synchroniser tells in this cycle.
  logic in_req_first_q, in_req_q, out_ack_first_q, out_ack_q;
  // The pins of the chip's own in this cycle and in the one before.
  logic in_ack, in_ack_q, in_req_was_q, out_req, out_req_q, out_ack_was_q, config_q;
  logic [controller_pkg::NeuronAddressWidth-1:0] out_address, out_address_q;
  logic [Neurons-1:0] discharge_q, release_q;

  assign in_ack      = io_out_i[controller_pkg::AerInAckPin];
  assign out_req     = io_out_i[controller_pkg::AerOutReqPin];
  assign out_address = io_out_i[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth];

  always @(posedge clk_i) begin
    in_req_first_q  <= io_in_i[controller_pkg::AerInReqPin] & ~rst_i;
    in_req_q        <= in_req_first_q & ~rst_i;
    in_req_was_q    <= in_req_q;
    in_ack_q        <= in_ack;
    out_ack_first_q <= io_in_i[controller_pkg::AerOutAckPin] & ~rst_i;
    out_ack_q       <= out_ack_first_q & ~rst_i;
    out_ack_was_q   <= out_ack_q;
    out_req_q       <= out_req;
    out_address_q   <= out_address;
    config_q        <= config_i;
    discharge_q     <= discharge_i;
    release_q       <= release_i;
  end

  always @(posedge clk_i) begin
    if (live) begin
      assert (!in_ack || in_ack_q || in_req_was_q) else failed("event_in_acknowledged_after_request");
      assert (in_ack || !in_ack_q || !in_req_was_q) else failed("event_in_acknowledged_until_request_falls");
      assert (!out_req || out_req_q || !out_ack_was_q) else failed("event_out_after_old_acknowledge");
      assert (!out_req || out_address == out_address_q) else failed("event_out_address_stands");
      assert ((~discharge_i & ~release_q) == '0 || lines_i == image_pkg::LinesNeuron) else failed("neurons_after_their_lines");
      assert (!(config_i || config_q) || discharge_i == discharge_q) else failed("discharge_stands_under_configuration");
      assert (!config_i || !active) else failed("configuration_with_all_off");
    end
  end

  logic unused;
  assign unused = &{1'b0, io_in_i, io_out_i, limits_q.pulses, limits_q.sl, adc_timing_i.sample, adc_timing_i.hold, adc_timing_i.trial};

endmodule

`default_nettype wire
