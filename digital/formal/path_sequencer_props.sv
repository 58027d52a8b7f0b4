// Properties of path_sequencer with the interlock and the converter's logic: every pulse and verify ends, whatever the settings and the
// comparator, and a bit line is grounded between a pulse and the converter or a neuron. Proven with every wait at most 1 cycle, one
// conversion, pulses of at most 2 cycles.
`default_nettype none
module path_sequencer_props (
    input wire clk_i, input wire rst_i, input wire controller_pkg::limits_t limits_i, input wire [5:0] gap_i, input wire [7:0] settle_i,
    input wire [7:0] read_settle_i, input wire [9:0] width_i, input wire job_i, input wire neuron_i, input wire neuron_busy_i,
    input wire pulse_i, input wire verify_i, input wire hold_i, input wire row_off_i, input wire static_i,
    input wire end_i, input wire controller_pkg::kind_e kind_i, input wire [5:0] wl_i,
    input wire [5:0] line_i, input wire fine_i, input wire [7:0] column_i, input wire [7:0] row_i, input wire [3:0] adc_waits_i,
    input wire adc_valid_i, input wire adc_above_i,
    output wire assume_waits_small, output wire assume_end_stays, output wire assume_request_stable, output wire assume_job_stays, output wire assume_limits_stable,
    output wire p_ends_within_bound, output wire p_row_needs_request, output wire p_pulse_as_long_as_asked, output wire p_refused_is_no_pulse,
    output wire p_grounded_after_pulse, output wire p_row_as_the_verify_asks, output wire p_static_converts_nothing,
    output wire p_verify_is_no_pulse,
    output wire c_pulse, output wire c_verify, output wire c_offset, output wire c_static, output wire c_refused
);
  import controller_pkg::*;
  logic done, refused, adc_start, adc_done, answered, column_on, row_on, lines_ready, neuron_ready, row_is_on, row_refused, job_grant;
  logic neuron_grant, sample, strobe;
  logic [7:0] trial;
  logic [10:0] sum;
  lines_t lines;
  image_pkg::lines_t lines_out;
  codes_t codes;
  image_pkg::codes_t codes_out;
  logic [3:0] row, col;
  path_sequencer dut (
      .clk_i, .rst_i, .program_settle_i(settle_i), .read_settle_i, .neuron_i, .neuron_busy_i, .job_i, .neuron_grant_o(neuron_grant),
      .job_grant_o(job_grant), .pulse_i, .verify_i, .hold_i, .row_off_i, .static_i, .end_i, .kind_i, .wl_i, .line_i, .fine_i, .width_i, .done_o(done), .refused_o(refused),
      .adc_start_o(adc_start), .adc_done_i(adc_done), .lines_o(lines), .codes_o(codes), .column_on_o(column_on), .row_on_o(row_on),
      .lines_ready_i(lines_ready), .neuron_ready_i(neuron_ready), .row_on_i(row_is_on), .row_refused_i(row_refused));
  // The erase state is one of RESET; learning and images ask for nothing.
  interlock #(.Rows(4), .Columns(4), .Neurons(4)) lock (
      .clk_i, .rst_i, .gap_cycles_i(gap_i), .limits_i, .erase_allowed_i(1'b1), .lines_i(lines), .learn_i(1'b0), .erase_i(1'b0),
      .codes_i({codes.fine, codes.wl, codes.bl}), .column_on_i(column_on), .column_i, .row_on_i(row_on), .row_i, .neuron_rows_i(4'd0),
      .neuron_wake_i(1'b0), .neuron_integ_i(1'b0), .learn_rows_i(4'd0), .learn_phi_1_i(1'b0), .learn_phi_2_i(1'b0), .learn_fire_i(1'b0),
      .learn_neuron_i(4'd0), .lines_ready_o(lines_ready), .neuron_ready_o(neuron_ready), .row_on_o(row_is_on), .refused_o(row_refused),
      .row_1v8_o(row), .col_1v8_o(col), .lines_1v8_o(lines_out), .codes_1v8_o(codes_out));
  adc_sequencer adc (
      .clk_i, .rst_i, .sample_cycles_i({7'd0, adc_waits_i[0]}), .hold_cycles_i({3'd0, adc_waits_i[1]}),
      .trial_cycles_i({3'd0, adc_waits_i[2]}), .watchdog_cycles_i({7'd0, adc_waits_i[3]}), .start_i(adc_start), .count_i(2'd0), .enough_i(1'b0),
      .done_o(adc_done), .answered_o(answered), .sum_o(sum), .adc_sample_1v8_o(sample), .adc_trial_1v8_o(trial),
      .adc_strobe_1v8_o(strobe), .adc_valid_i, .adc_above_i);

  logic waits_q, started_q, is_pulse_q, begins, end_was, row_was;
  logic [5:0] age_q;
  logic [1:0] on_q, width_q, ground_q;
  logic charged_q;
  logic [68:0] now, was;
  limits_t limits_was;
  assign begins = job_grant & ~waits_q & (pulse_i | verify_i);
  assign now = {kind_i, wl_i, line_i, fine_i, column_i, row_i, width_i, settle_i, gap_i, read_settle_i, adc_waits_i, row_off_i, static_i};
  always_ff @(posedge clk_i) begin
    started_q  <= ~rst_i;
    waits_q    <= ~rst_i & (begins | (waits_q & ~done));
    if (begins) is_pulse_q <= ~verify_i;
    end_was    <= end_i;
    // A verify that stays is counted from its end on.
    age_q      <= (rst_i | ~waits_q | (static_i & ~is_pulse_q & ~end_i)) ? 6'd0 : (&age_q) ? age_q : age_q + 6'd1;
    was        <= now;
    limits_was <= limits_i;
    row_was    <= row_is_on | (row_was & waits_q);
    // How long the row of a pulse was on.
    on_q       <= (rst_i | begins) ? 2'd0 : on_q + {1'b0, waits_q & is_pulse_q & row_is_on};
    // Bit line at a level of up to 3 V until it has been grounded for four cycles.
    ground_q   <= ~lines_out.sel_ground ? 2'd0 : (&ground_q) ? ground_q : ground_q + 2'd1;
    charged_q  <= ~rst_i & (lines_out.sel_program | (charged_q & ~(lines_out.sel_ground & (&ground_q))));
    width_q    <= (width_i == 10'd0) ? 2'd1 : width_i[1:0];
  end
  assign assume_waits_small = (gap_i <= 6'd1) & (settle_i <= 8'd1) & (read_settle_i <= 8'd1) & (width_i <= 10'd2) & (hold_i | ~waits_q);
  assign assume_request_stable = (~waits_q | (now == was)) & ~(waits_q & (pulse_i | verify_i)) & ~(pulse_i & verify_i) &
      (kind_i != kind_e'(2'd3)) & (row_i < 8'd4) & (column_i < 8'd4);  // job_check refuses other cells
  assign assume_end_stays = ~waits_q | ~end_was | end_i;
  assign assume_job_stays = ~waits_q | job_i;
  assign assume_limits_stable = ~started_q | (limits_i == limits_was);

  assign p_ends_within_bound = age_q <= 6'd46;
  assign p_row_needs_request = ~row_is_on | waits_q | (row == '0);
  assign p_pulse_as_long_as_asked = ~(done & waits_q & is_pulse_q & ~refused & (width_i <= limits_i.width)) | (on_q == width_q);
  assign p_refused_is_no_pulse = ~(done & waits_q & is_pulse_q & refused) | (on_q < width_q) | (on_q == 2'd0);
  assign p_grounded_after_pulse = ~(charged_q & (lines_out.sel_sense | lines_out.con));
  assign c_pulse = done & waits_q & is_pulse_q & ~refused & (on_q == 2'd2);
  // What is sampled is the cell, or with the row off the path alone; of the latter no row is on at any time.
  assign p_row_as_the_verify_asks = (~sample | (row_is_on == ~row_off_i)) & ~(waits_q & ~is_pulse_q & row_off_i & (row != '0));
  assign c_verify = done & waits_q & ~is_pulse_q & answered & ~refused & ~row_off_i & ~static_i;
  assign p_static_converts_nothing = ~(waits_q & ~is_pulse_q & static_i & (sample | strobe));
  assign p_verify_is_no_pulse = ~(waits_q & ~is_pulse_q & row_is_on) | (lines_out == image_pkg::LinesSense);
  assign c_static = done & waits_q & ~is_pulse_q & static_i & ~refused & row_was & ~row_is_on;
  assign c_offset = done & waits_q & ~is_pulse_q & answered & ~refused & row_off_i;
  assign c_refused = done & waits_q & refused;
  logic unused;
  assign unused = &{1'b0, neuron_grant, sum, trial, col, codes.sl, codes_out};
endmodule
`default_nettype wire
