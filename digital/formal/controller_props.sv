// Properties of the whole controller at its pins, whatever bus master, events, spikes and converter do: p_* always hold, i_* hold and help
// the induction, c_* can be reached. Nothing is assumed. Settings are those of digital/formal/latch_word.sv: latches replaced by flip-flops.
`default_nettype none
module controller_props (
    input wire clk_i, input wire rst_i, input wire cyc_i, input wire stb_i, input wire we_i, input wire [3:0] sel_i,
    input wire [31:0] adr_i, input wire [31:0] dat_i, input wire [26:0] io_i, input wire [3:0] spike_i, input wire valid_i, input wire above_i,
    output wire p_one_switch, output wire p_break_before_make, output wire p_con_alone, output wire p_column_one_hot,
    output wire p_row_one_hot, output wire p_rows_off_while_switching, output wire p_window_in_neuron_state, output wire p_one_phase,
    output wire p_codes_within_limits, output wire p_width_within_limit, output wire p_waveform_in_learn_state, output wire p_fire_one_hot,
    output wire p_fire_off_in_config, output wire p_program_only_in_job, output wire p_pulse_has_dacs, output wire p_row_needs_column,
    output wire p_row_only_in_known_state, output wire p_one_pulse_a_request, output wire p_gap_before_row, output wire p_reset_is_safe,
    output wire i_row, output wire i_count, output wire i_spent, output wire i_gap, output wire i_part_of_state, output wire i_path_of_cell,
    output wire i_cell_of_path, output wire i_cell_of_job, output wire i_job_owns, output wire i_row_of_path, output wire i_pulse_of_path,
    output wire i_read_no_pulse, output wire i_limits_asked, output wire i_limits_written,
    output wire i_config_asked, output wire i_config_runs, output wire i_refractory, output wire i_bus_is_asked, output wire i_shows,
    output wire c_row, output wire c_window
);
  import image_pkg::*;
  lines_t lines, lines_was;
  codes_t codes, codes_was;
  controller_pkg::limits_t limits;
  logic [7:0] row, row_was, col, col_was;
  logic [3:0] discharge, fire;
  logic [1:0] phi;
  logic configures, dac_enable, wake, integ, hold;
  controller #(.Rows(8), .Columns(8), .Neurons(4)) dut (
      .wb_clk_i(clk_i), .wb_rst_i(rst_i), .wbs_cyc_i(cyc_i), .wbs_stb_i(stb_i), .wbs_we_i(we_i), .wbs_sel_i(sel_i), .wbs_adr_i(adr_i),
      .wbs_dat_i(dat_i), .wbs_ack_o(), .wbs_dat_o(), .io_in(io_i), .io_out(), .io_oeb(), .la_data_out(), .user_irq(), .row_1v8_o(row),
      .wake_1v8_o(wake), .integ_1v8_o(integ), .ratio_b_1v8_o(), .hold_1v8_o(hold), .spike_1v8_i(spike_i), .discharge_1v8_o(discharge),
      .fire_1v8_o(fire), .phi_1_1v8_o(phi[0]), .phi_2_1v8_o(phi[1]), .trim_1v8_o(), .pair_1v8_o(), .test_1v8_o(),
      .config_1v8_o(configures), .col_1v8_o(col), .sel_program_1v8_o(lines.sel_program), .sel_sense_1v8_o(lines.sel_sense),
      .sel_ground_1v8_o(lines.sel_ground), .unsel_ground_1v8_o(lines.unsel_ground), .unsel_inhibit_1v8_o(lines.unsel_inhibit),
      .sl_program_1v8_o(lines.sl_program), .sl_ground_1v8_o(lines.sl_ground), .con_1v8_o(lines.con), .wl_dac_1v8_o(lines.wl_dac),
      .wl_full_1v8_o(lines.wl_full), .dac_wl_1v8_o(codes.wl), .dac_wl_fine_1v8_o(codes.fine), .dac_bl_1v8_o(codes.bl),
      .dac_enable_1v8_o(dac_enable), .adc_enable_1v8_o(), .adc_range_1v8_o(), .adc_sample_1v8_o(), .adc_trial_1v8_o(), .adc_strobe_1v8_o(),
      .adc_valid_1v8_i(valid_i), .adc_above_1v8_i(above_i), .reference_d_1v8_o(), .reference_write_1v8_o(), .reference_job_1v8_o(),
      .low_1v8_o());

  function automatic logic one(input logic [7:0] x);
    return (x & (x - 8'd1)) == '0;
  endfunction
  // Groups: bits 9:7 selected column, 6:5 other columns, 4:3 source lines, 2 con, 1:0 word-line rail. One bit a group: on, or as in b.
  function automatic logic [4:0] on(input lines_t x);
    return {|x[9:7], |x[6:5], |x[4:3], x[2], |x[1:0]};
  endfunction
  function automatic logic [4:0] same(input lines_t a, input lines_t b);
    return {a[9:7] == b[9:7], a[6:5] == b[6:5], a[4:3] == b[4:3], a[2] == b[2], a[1:0] == b[1:0]};
  endfunction
  function automatic logic part(input lines_t x, input lines_t of);
    return (same(x, of) | ~on(x)) == '1;
  endfunction

  // --- what the pins tell of the time before

  logic rst, live, reset_q, started_q, active, active_was, row_on, pulses, many, spent, spent_q, request_was;
  logic [9:0] count_q;
  logic [5:0] since, since_q, need, need_q, gap_was;
  logic [4:0] opened;
  assign rst    = dut.rst;
  assign live   = started_q & ~rst;  // neither in reset now nor in the cycle before
  assign limits = dut.limits;
  assign row_on = row != '0;
  assign pulses = (lines == LinesProgram) | (lines == LinesReset) | (lines == LinesErase);
  assign many   = (lines == LinesNeuron) | (lines == LinesLearn);  // rows as many as are asked for
  assign active = row_on | wake | integ | (phi != '0) | (fire != '0);
  `include "whole_in_step.svh"

  // --- what silicon must never see

  assign p_one_switch = one({5'd0, lines.sel_program, lines.sel_sense, lines.sel_ground}) & ~(lines.unsel_ground & lines.unsel_inhibit) &
      ~(lines.sl_program & lines.sl_ground) & ~(lines.wl_dac & lines.wl_full);
  assign p_break_before_make = ~live | ((same(lines, lines_was) | ~on(lines) | ~on(lines_was)) == '1);
  assign p_con_alone = ~lines.con | (({lines.sel_program, lines.sel_sense, lines.sel_ground, lines.unsel_ground, lines.unsel_inhibit,
      lines.sl_program} == '0) & (phi == '0) & (fire == '0));
  assign p_column_one_hot = one(col);
  assign p_row_one_hot = many | one(row);
  assign p_row_needs_column = ~row_on | many | (col != '0);
  assign p_row_only_in_known_state = ~row_on | many | pulses | (lines == LinesSense);
  assign p_rows_off_while_switching = ~live | ((lines == lines_was) & ((codes == codes_was) | ~lines.wl_dac) & (col == col_was)) |
      ~(active | active_was);
  assign p_gap_before_row = ~live | ~row_on | (row_was != '0) | (lines == LinesNeuron) | ((lines == LinesLearn) & active_was) |
      (since_q >= need_q);
  assign p_window_in_neuron_state = ~(wake | integ) | (lines == LinesNeuron);
  assign p_one_phase = phi != '1;
  assign p_waveform_in_learn_state = ((phi == '0) & (fire == '0)) | (lines == LinesLearn);
  assign p_fire_one_hot = one({4'd0, fire});
  assign p_codes_within_limits = ~((pulses | (lines == LinesLearn)) & row_on) | ((codes.wl <= (codes.fine ? limits.wl_fine : limits.wl)) & (codes.bl <= limits.bl));
  assign p_width_within_limit = ~(pulses & row_on) | (count_q < limits.width);
  assign p_one_pulse_a_request = ~(spent & row_on) | many;
  assign p_program_only_in_job = ~(row_on & ~many) | dut.job_busy;
  assign p_pulse_has_dacs = ~(row_on & pulses) | dac_enable;
  assign p_fire_off_in_config = ~configures | (fire == '0);
  assign p_reset_is_safe = ~rst | (({lines, codes, row, col, wake, integ, phi, fire, dac_enable} == '0) & (discharge == '1) & configures &
      hold);

  // --- the states that the induction may start from

  // The interlock's own, as in interlock_props; most stand in whole_in_step.svh.
  assign i_count = rst | ~row_on | (dut.u_interlock.on_cycles_q == count_q);
  assign i_part_of_state = part(lines, LinesIdle) | part(lines, LinesNeuron) | part(lines, LinesLearn) | part(lines, LinesProgram) |
      part(lines, LinesReset) | part(lines, LinesErase) | part(lines, LinesSense);

  // Path, cell and job are in step.
  assign i_pulse_of_path = ~pulses | (~path_rests & ~path_verifies);
  // A write of the limits that the bus brought ends before a job has the array.
  assign i_limits_written = ~limits_written | ~(dut.job_busy | dut.job_grant);

  // Of an image nothing is exposed but while it is shown.
  assign i_shows = (dut.u_show.u_image.u_exposure.state_q == exposure_states::Idle) |
      (dut.u_show.u_image.state_q == image_sequencer_states::Clear) | (dut.u_show.u_image.state_q == image_sequencer_states::Show);

  assign c_row = row_on & wake;
  assign c_window = integ & row_on;
endmodule
`default_nettype wire
