// Properties of adc_sequencer: it ends whatever the comparator does, asks it in order, and keeps a bit by what above was one edge before the
// decision. Proven with every wait at most 1 cycle, one conversion.
`default_nettype none
module adc_sequencer_props (
    input wire clk_i, input wire rst_i, input wire [7:0] sample_cycles_i, input wire [3:0] hold_cycles_i,
    input wire [3:0] trial_cycles_i, input wire [7:0] watchdog_cycles_i, input wire start_i, input wire [1:0] count_i,
    input wire adc_valid_i, input wire adc_above_i,
    output wire assume_waits_small,
    output wire p_ends_within_bound, output wire p_not_sampled_while_compared, output wire p_strobe_trial_stable,
    output wire p_strobe_until_answer, output wire p_bit_by_above_before,
    output wire c_answered, output wire c_no_answer
);
  logic reset_was, done, answered, sample, strobe, strobe_was, valid_was, above_was, above_before, busy_q;
  logic [10:0] sum;
  logic [7:0] trial, trial_was, bit_was;
  logic [5:0] age_q;
  adc_sequencer dut (
      .clk_i, .rst_i, .sample_cycles_i, .hold_cycles_i, .trial_cycles_i, .watchdog_cycles_i, .start_i, .count_i, .done_o(done),
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
    busy_q <= ~rst_i & ~done & (busy_q | start_i);
    age_q <= (rst_i | done | ~busy_q) ? 6'd0 : (&age_q) ? age_q : age_q + 6'd1;
  end
  assign assume_waits_small = (sample_cycles_i <= 8'd1) & (hold_cycles_i <= 4'd1) & (trial_cycles_i <= 4'd1) &
      (watchdog_cycles_i <= 8'd1) & (count_i == 2'd0);
  assign p_ends_within_bound = age_q <= 6'd27;
  assign p_not_sampled_while_compared = ~(sample & strobe);
  assign p_strobe_trial_stable = ~(strobe & strobe_was) | (trial == trial_was);
  assign p_strobe_until_answer = ~(strobe_was & ~strobe) | valid_was | (done & ~answered) | rst_i | reset_was;
  assign p_bit_by_above_before = ~(strobe_was & ~strobe & valid_was) | rst_i | reset_was | ((|(trial & bit_was)) == above_before);
  assign c_answered = done & answered;
  assign c_no_answer = done & ~answered;
endmodule
`default_nettype wire
