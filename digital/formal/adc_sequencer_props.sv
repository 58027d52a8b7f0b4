// Properties of adc_sequencer: it ends whatever the comparator does, asks it in order, and keeps a bit by what above was one edge before the
// decision. The first conversion may do for all. Proven with every wait at most 1 cycle, one or two conversions.
`default_nettype none
module adc_sequencer_props (
    input wire clk_i, input wire rst_i, input wire [7:0] sample_cycles_i, input wire [3:0] hold_cycles_i,
    input wire [3:0] trial_cycles_i, input wire [7:0] watchdog_cycles_i, input wire start_i, input wire [1:0] count_i,
    input wire enough_i, input wire adc_valid_i, input wire adc_above_i,
    output wire assume_waits_small, output wire assume_count_stable,
    output wire p_ends_within_bound, output wire p_not_sampled_while_compared, output wire p_strobe_trial_stable,
    output wire p_strobe_until_answer, output wire p_bit_by_above_before,
    output wire p_conversions_as_asked, output wire p_one_stands_for_all,
    output wire c_enough, output wire c_two, output wire c_answered, output wire c_no_answer
);
  logic reset_was, done, answered, sample, strobe, strobe_was, valid_was, above_was, above_before, busy_q;
  localparam logic [2:0] Add = 3'd6;  // of adc_sequencer (state_e): a wrong one makes p_conversions_as_asked fail
  logic sample_was, early_q;
  logic [1:0] conversions_q, count_was;
  logic [10:0] sum;
  logic [7:0] trial, trial_was, bit_was;
  logic [5:0] age_q;
  adc_sequencer dut (
      .clk_i, .rst_i, .sample_cycles_i, .hold_cycles_i, .trial_cycles_i, .watchdog_cycles_i, .start_i, .count_i, .enough_i, .done_o(done),
      .answered_o(answered), .sum_o(sum), .adc_sample_1v8_o(sample), .adc_trial_1v8_o(trial), .adc_strobe_1v8_o(strobe),
      .adc_valid_i, .adc_above_i);
  always_ff @(posedge clk_i) begin
    strobe_was <= strobe;
    reset_was <= rst_i;
    trial_was <= trial;
    bit_was <= dut.bit_q;
    valid_was <= adc_valid_i;
    above_was <= adc_above_i;
    above_before <= above_was;
    sample_was <= sample;
    count_was <= count_i;
    // Conversions that began, and whether what came of the first was enough.
    conversions_q <= (rst_i | done | ~busy_q) ? 2'd0 : conversions_q + {1'b0, sample & ~sample_was};
    early_q <= ~(rst_i | done | ~busy_q) & (early_q | ((dut.state_q == Add) & (conversions_q == 2'd1) & enough_i));
    busy_q <= ~rst_i & ~done & (busy_q | start_i);
    age_q <= (rst_i | done | ~busy_q) ? 6'd0 : (&age_q) ? age_q : age_q + 6'd1;
  end
  assign assume_waits_small = (sample_cycles_i <= 8'd1) & (hold_cycles_i <= 4'd1) & (trial_cycles_i <= 4'd1) &
      (watchdog_cycles_i <= 8'd1) & (count_i <= 2'd1);
  assign assume_count_stable = ~busy_q | (count_i == count_was);
  // A conversion: track, hold, three cycles a bit where the comparator's answer stands as late as it may, the sum.
  assign p_ends_within_bound = age_q <= ((conversions_q == 2'd2) ? 6'd54 : 6'd27);
  assign p_conversions_as_asked = ~(done & answered) | (conversions_q == ((count_i == 2'd0 || early_q) ? 2'd1 : 2'd2));
  assign p_one_stands_for_all = ~(done & answered & early_q) | (sum == ({3'd0, trial} << count_i));
  assign c_enough = done & answered & early_q & (count_i == 2'd1);
  assign c_two = done & answered & ~early_q & (count_i == 2'd1);
  assign p_not_sampled_while_compared = ~(sample & strobe);
  assign p_strobe_trial_stable = ~(strobe & strobe_was) | (trial == trial_was);
  assign p_strobe_until_answer = ~(strobe_was & ~strobe) | valid_was | (done & ~answered) | rst_i | reset_was;
  assign p_bit_by_above_before = ~(strobe_was & ~strobe & valid_was) | rst_i | reset_was | ((|(trial & bit_was)) == above_before);
  assign c_answered = done & answered;
  assign c_no_answer = done & ~answered;
endmodule
`default_nettype wire
