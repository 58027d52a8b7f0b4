// Successive approximation: the logic of the converter, its analog half behind sample, trial, strobe, valid, above.
//
// start_i converts 2 ** count_i times and adds up the codes. After the first, enough_i ends it with as many times its code. Each wait for
// the comparator (valid up, valid down) is bounded by watchdog_cycles_i: without an answer the sequence ends with answered_o = 0.
//
// valid and above come without a clock, above some nanoseconds after valid. valid passes two flip-flops (outside), above one, whose value is
// used in the cycle in which the synchronised valid is first seen. The edge that sampled it is one period after the first edge at which
// valid can have been high, so above may be a period late, less a setup time and what the two wires differ by: 20 ns less about 4. It
// stands still by then and until the strobe falls, so that its flip-flop, where it counts, is never metastable. Where it is sampled while
// it moves, its value is not used, and it has a period to settle.
`default_nettype none

module adc_sequencer (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire  [7:0]  sample_cycles_i,    // track; 0 counts as 1, as in all of these
    input  wire  [3:0]  hold_cycles_i,      // from hold to the first trial
    input  wire  [3:0]  trial_cycles_i,     // from trial code to strobe
    input  wire  [7:0]  watchdog_cycles_i,

    input  wire         start_i,
    input  wire  [1:0]  count_i,            // log2 of the conversions
    input  wire         enough_i,           // of sum_o, in the cycle after the first conversion: the others need not come
    output logic        done_o,             // one cycle
    output logic        answered_o,         // with done_o
    output logic [10:0] sum_o,              // from done_o with answered_o on; after each conversion, what it is if all codes are that one
    output logic        active_o,           // something here can change

    output logic        adc_sample_1v8_o,
    output logic [7:0]  adc_trial_1v8_o,
    output logic        adc_strobe_1v8_o,
    input  wire         adc_valid_i,        // synchronised
    input  wire         adc_above_i         // asynchronous: decided before valid, or less than a period after it
);

  typedef enum logic [2:0] {
    Idle,
    Track,
    Hold,
    Trial,
    Clear,
    Strobe,
    Add,
    Done
  } state_e;

  state_e      state_q, state_d;
  logic [7:0]  timer_q, timer_d, trial_q, trial_d, bit_q, bit_d;
  logic [2:0]  left_q, left_d;  // conversions after this one
  logic [10:0] sum_q, sum_d, guess;
  logic        first_q, first_d;  // no conversion is over
  logic        answered_q, answered_d, sample_q, strobe_q, above_q, timer_done;

  assign timer_done = timer_q <= 8'd1;
  assign guess      = {3'd0, trial_q} << count_i;

  always_comb begin
    state_d    = state_q;
    timer_d    = timer_done ? timer_q : timer_q - 8'd1;
    trial_d    = trial_q;
    bit_d      = bit_q;
    left_d     = left_q;
    sum_d      = sum_q;
    first_d    = first_q;
    answered_d = answered_q;
    case (state_q)
      Idle: if (start_i) begin
        state_d    = Track;
        timer_d    = sample_cycles_i;
        sum_d      = '0;
        first_d    = 1'b1;
        answered_d = 1'b1;
        left_d     = {count_i == 2'd3, count_i[1], count_i != 2'd0};
      end
      Track: if (timer_done) begin
        state_d = Hold;
        timer_d = {4'd0, hold_cycles_i};
      end
      Hold: if (timer_done) begin
        state_d = Trial;
        timer_d = {4'd0, trial_cycles_i};
        trial_d = 8'h80;
        bit_d   = 8'h80;
      end
      // The strobe is low: the comparator resets, and meanwhile the trial code settles.
      Trial: if (timer_done) begin
        state_d = Strobe;
        if (adc_valid_i) state_d = Clear;
        timer_d = watchdog_cycles_i;
      end
      Clear: if (!adc_valid_i) begin
        state_d = Strobe;
        timer_d = watchdog_cycles_i;
      end else if (timer_done) begin
        state_d    = Done;
        answered_d = 1'b0;
      end
      Strobe: if (adc_valid_i) begin
        bit_d   = bit_q >> 1;
        trial_d = (above_q ? trial_q : trial_q & ~bit_q) | (bit_q >> 1);
        state_d = Trial;
        if (bit_q[0]) state_d = Add;
        timer_d = {4'd0, trial_cycles_i};
      end else if (timer_done) begin
        state_d    = Done;
        answered_d = 1'b0;
      end
      Add: begin
        sum_d   = sum_q + {3'd0, trial_q};
        left_d  = left_q - 3'd1;
        first_d = 1'b0;
        state_d = Track;
        if (left_q == '0) state_d = Done;
        if (first_q && enough_i) begin
          state_d = Done;
          sum_d   = guess;
        end
        timer_d = sample_cycles_i;
      end
      default: state_d = Idle;  // Done
    endcase
  end

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      state_q    <= Idle;
      timer_q    <= '0;
      trial_q    <= '0;
      bit_q      <= '0;
      left_q     <= '0;
      sum_q      <= '0;
      first_q    <= 1'b0;
      answered_q <= 1'b0;
      sample_q   <= 1'b0;
      strobe_q   <= 1'b0;
    end else begin
      state_q    <= state_d;
      timer_q    <= timer_d;
      trial_q    <= trial_d;
      bit_q      <= bit_d;
      left_q     <= left_d;
      sum_q      <= sum_d;
      first_q    <= first_d;
      answered_q <= answered_d;
      sample_q   <= state_d == Track;
      strobe_q   <= state_d == Strobe;
    end
  end

  // No reset: it means something only after valid.
  always_ff @(posedge clk_i) begin
    if (state_q != Idle) above_q <= adc_above_i;
  end

  assign active_o         = (state_q != Idle) | ~timer_done;
  assign done_o           = state_q == Done;
  assign answered_o       = answered_q;
  assign sum_o            = (state_q == Add) ? guess : sum_q;
  assign adc_sample_1v8_o = sample_q;
  assign adc_trial_1v8_o  = trial_q;
  assign adc_strobe_1v8_o = strobe_q;

endmodule

`default_nettype wire
