// One cell of a job: the state machine of digital/model/ispp.py (program_cell), bit for bit. It asks path_sequencer for pulses
// and verifies; level_grid makes the target.
`default_nettype none

module ispp_cell (
    input  wire                             clk_i,
    input  wire                             rst_i,
    input  wire controller_pkg::ispp_t      ispp_i,
    input  wire controller_pkg::stage_t     stage_i,       // of kind_o
    input  wire controller_pkg::read_t      read_i,

    input  wire                             start_i,       // level_grid has the target of a PROGRAM by then, else 0
    input  wire controller_pkg::operation_e operation_i,
    input  wire                             stop_i,        // end before the next pulse, without a result
    output logic                            busy_o,
    output logic                            done_o,        // one cycle
    output logic                            refused_o,     // with done_o: the interlock refused a pulse; no result
    output logic                            stopped_o,     // with done_o: ended by stop_i; no result
    output controller_pkg::result_t         result_o,
    output logic [5:0]                      last_wl_o,     // of the last set or form pulse, 0 if none

    output logic                            grid_start_o,  // nearest point to code_o
    output logic [7:0]                      code_o,
    input  wire                             grid_busy_i,
    input  wire  [7:0]                      target_i,

    output logic                            pulse_o,       // one cycle
    output logic                            verify_o,
    output controller_pkg::kind_e           kind_o,
    output logic [5:0]                      wl_o,
    output logic [5:0]                      line_o,
    output logic                            fine_o,
    output logic [9:0]                      width_o,
    input  wire                             path_done_i,
    input  wire                             path_refused_i,
    input  wire                             answered_i,
    input  wire  [10:0]                     sum_i,
    output logic                            enough_o       // in a verify: sum_i of its first read will do, far from done
);

  typedef enum logic [4:0] {
    Idle,
    Verify,      // ask
    Verifying,   // wait
    Nearest,
    Decide,
    PredictLow,  // next_wl = clamp(offset + scaled(min(T, knee)) + scaled(max(T - knee, 0)))
    PredictHigh,
    PredictSum,
    PredictEnd,
    Choose,
    Judge,
    Back,        // next_wl = max(start, wl - retry_back - scaled(c - T))
    BackSum,
    BackEnd,
    Begin,
    GoOn,
    Limit,
    Pulsing,
    Fail,
    End,
    Stopped
  } state_e;

  state_e             state_q, state_d;
  controller_pkg::kind_e              kind_q, kind_d;
  controller_pkg::outcome_e           outcome_q, outcome_d;
  logic [7:0]         code_q, code_d;
  logic [5:0]         wl_q, wl_d, line_q, line_d, next_wl_q, next_wl_d, last_wl_q, last_wl_d, pulses_q, pulses_d;
  logic [2:0]         full_count_q, full_count_d;
  logic               first_q, first_d, full_q, full_d, retried_q, retried_d, refused_q, refused_d, grid_started_q;
  logic signed [9:0]  sum_q, sum_d;
  logic [6:0]         product_q, product;

  // Compare the code with the target, or with the code at which the operation is done; in a verify what its first read says.
  logic        targeted, above, below, reached, overshoot, judged;
  logic [10:0] shifted;
  logic [7:0]  reading, compared, goal, distance;
  logic [5:0]  tolerance;

  assign targeted  = (operation_i == controller_pkg::OpProgram) | (operation_i == controller_pkg::OpRefresh);
  assign shifted   = sum_i >> read_i.shift;
  assign reading   = (shifted > 11'd255) ? 8'd255 : shifted[7:0];
  assign compared  = (state_q == Verifying) ? reading : code_q;
  assign above     = compared > goal;
  assign below     = compared < goal;
  assign distance  = above ? compared - goal : goal - compared;
  assign tolerance = first_q ? ispp_i.keep : ispp_i.tolerance;
  assign overshoot = above & (distance > {2'd0, ispp_i.tolerance});

  always_comb begin
    case (operation_i)
      controller_pkg::OpForm:  goal = ispp_i.form_code;
      controller_pkg::OpSet:   goal = ispp_i.set_code;
      controller_pkg::OpReset: goal = ispp_i.reset_code;
      default: goal = target_i;
    endcase
  end

  always_comb begin
    case (operation_i)
      controller_pkg::OpForm, controller_pkg::OpSet: reached = ~below;
      controller_pkg::OpReset: reached = ~above;
      controller_pkg::OpProgram, controller_pkg::OpRefresh: reached = distance <= {2'd0, tolerance};
      default: reached = 1'b1;
    endcase
  end

  // The first verify of REFRESH finds the target: it needs all reads. What is done is never told by one.
  assign judged   = ~(first_q & (operation_i == controller_pkg::OpRefresh));
  assign enough_o = (state_q == Verifying) & judged & ~reached & (distance > read_i.margin);

  // The one product: 8 x 6 bits, shifted right by 7. Its distance is the code's from the target, whatever a verify reads meanwhile: what it
  // reads is known late in a cycle.
  logic [7:0]  amount;
  logic [5:0]  gain;
  logic [13:0] whole_product;

  always_comb begin
    amount = (code_q > target_i) ? code_q - target_i : target_i - code_q;
    gain   = ispp_i.step_gain;
    case (state_q)
      PredictLow: begin
        amount = (target_i < ispp_i.knee) ? target_i : ispp_i.knee;
        gain   = ispp_i.slope_low;
      end
      PredictHigh: begin
        amount = (target_i > ispp_i.knee) ? target_i - ispp_i.knee : 8'd0;
        gain   = ispp_i.slope_high;
      end
      Back:    gain = ispp_i.back_gain;
      default: ;
    endcase
  end

  assign whole_product = {6'd0, amount} * {8'd0, gain};
  assign product       = whole_product[13:7];

  // Steps of the staircase; both saturate at the stop.
  logic [4:0] step;
  logic [6:0] wl_up, line_up;
  logic [5:0] wl_next, line_next, clamped;

  always_comb begin
    step = stage_i.wl_step;
    if (targeted && kind_q == controller_pkg::Set) begin
      step = (product_q < {2'd0, ispp_i.step_max}) ? product_q[4:0] : ispp_i.step_max;
      if (retried_q || step < ispp_i.step_min) step = ispp_i.step_min;
    end
  end

  assign wl_up     = {1'b0, wl_q} + {2'd0, step};
  assign line_up   = {1'b0, line_q} + {3'd0, stage_i.line_step};
  assign wl_next   = (wl_up > {1'b0, stage_i.wl_stop}) ? stage_i.wl_stop : wl_up[5:0];
  assign line_next = (line_up > {1'b0, stage_i.line_stop}) ? stage_i.line_stop : line_up[5:0];

  always_comb begin
    clamped = sum_q[5:0];
    if (sum_q < $signed({4'd0, stage_i.wl_start})) clamped = stage_i.wl_start;
    else if (sum_q > $signed({4'd0, stage_i.wl_stop})) clamped = stage_i.wl_stop;
  end

  always_comb begin
    state_d      = state_q;
    kind_d       = kind_q;
    outcome_d    = outcome_q;
    code_d       = code_q;
    wl_d         = wl_q;
    line_d       = line_q;
    next_wl_d    = next_wl_q;
    last_wl_d    = last_wl_q;
    pulses_d     = pulses_q;
    full_count_d = full_count_q;
    first_d      = first_q;
    full_d       = full_q;
    retried_d    = retried_q;
    refused_d    = refused_q;
    sum_d        = sum_q;
    case (state_q)
      Idle: if (start_i) begin
        state_d      = Verify;
        code_d       = '0;
        last_wl_d    = '0;
        pulses_d     = '0;
        full_count_d = '0;
        first_d      = 1'b1;
        full_d       = 1'b0;
        retried_d    = 1'b0;
        refused_d    = 1'b0;
      end
      Verify: state_d = Verifying;
      Verifying: if (path_done_i) begin
        state_d = Decide;
        if (first_q && operation_i == controller_pkg::OpRefresh) state_d = Nearest;
        if (path_refused_i) begin
          state_d   = Stopped;
          refused_d = 1'b1;
        end else if (operation_i == controller_pkg::OpHold) begin
          state_d = Stopped;
        end else if (!answered_i) begin
          state_d   = End;
          outcome_d = controller_pkg::NoAnswer;
        end else begin
          code_d = reading;
        end
      end
      // level_grid starts in the first cycle.
      Nearest: if (grid_started_q && !grid_busy_i) state_d = Decide;
      Decide: begin
        outcome_d = controller_pkg::Ok;
        first_d   = 1'b0;
        if (reached) state_d = End;
        else if (!first_q) state_d = Judge;
        else if (targeted) begin
          state_d = PredictLow;
          kind_d  = controller_pkg::Set;
        end
        else state_d = Choose;
      end
      PredictLow: state_d = PredictHigh;
      PredictHigh: begin
        state_d = PredictSum;
        sum_d   = $signed({{2{ispp_i.offset[7]}}, ispp_i.offset}) + $signed({3'd0, product_q});
      end
      PredictSum: begin
        state_d = PredictEnd;
        sum_d   = sum_q + $signed({3'd0, product_q});
      end
      PredictEnd: begin
        state_d   = Choose;
        next_wl_d = clamped;
      end
      Choose: begin
        state_d = Begin;
        if (targeted) begin
          kind_d = controller_pkg::Set;
          if (above || (ispp_i.reset_first && code_q > ispp_i.reset_code)) kind_d = controller_pkg::Reset;
        end else kind_d = controller_pkg::kind_e'(operation_i[1:0]);
      end
      Judge: begin
        state_d = GoOn;
        if (targeted && kind_q == controller_pkg::Reset && code_q <= ispp_i.reset_code) begin
          state_d = Begin;
          kind_d  = controller_pkg::Set;
        end else if (targeted && kind_q == controller_pkg::Set && overshoot) begin
          state_d = Back;
        end else if (full_q) begin
          full_count_d = full_count_q + 3'd1;
          if (full_count_d == ispp_i.stop_tries) state_d = Fail;
        end
      end
      Back: begin
        state_d = BackSum;
        sum_d   = $signed({4'd0, wl_q}) - $signed({5'd0, ispp_i.retry_back});
      end
      BackSum: begin
        state_d = BackEnd;
        sum_d   = sum_q - $signed({3'd0, product_q});
      end
      BackEnd: begin
        state_d   = Begin;
        next_wl_d = clamped;
        kind_d    = controller_pkg::Reset;
        retried_d = 1'b1;
      end
      Begin: begin
        state_d      = Limit;
        wl_d         = (targeted && kind_q == controller_pkg::Set) ? next_wl_q : stage_i.wl_start;
        line_d       = stage_i.line_start;
        full_d       = 1'b0;
        full_count_d = '0;
      end
      GoOn: begin
        state_d = Limit;
        wl_d    = wl_next;
        line_d  = line_next;
      end
      Limit: begin
        if (stop_i) state_d = Stopped;
        else if (pulses_q == ispp_i.pulse_limit) state_d = Fail;
        else state_d = Pulsing;
      end
      Pulsing: if (path_done_i) begin
        state_d  = Verify;
        pulses_d = pulses_q + 6'd1;
        full_d   = (wl_q == stage_i.wl_stop || stage_i.wl_step == '0) && (line_q == stage_i.line_stop || stage_i.line_step == '0);
        if (kind_q != controller_pkg::Reset) last_wl_d = wl_q;
        if (path_refused_i) begin
          state_d   = Stopped;
          refused_d = 1'b1;
        end
      end
      Fail: begin
        state_d   = End;
        outcome_d = controller_pkg::TimedOut;
        if (operation_i == controller_pkg::OpForm) outcome_d = controller_pkg::FormFailed;
        else if (full_q && kind_q == controller_pkg::Reset) outcome_d = controller_pkg::StuckHigh;
        else if (full_q) outcome_d = controller_pkg::StuckLow;
      end
      default: state_d = Idle;  // End, Stopped
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q        <= Idle;
      kind_q         <= controller_pkg::Form;
      wl_q           <= '0;
      line_q         <= '0;
      last_wl_q      <= '0;
      grid_started_q <= 1'b0;
    end else begin
      state_q        <= state_d;
      kind_q         <= kind_d;
      wl_q           <= wl_d;
      line_q         <= line_d;
      last_wl_q      <= last_wl_d;
      grid_started_q <= state_q == Nearest;
    end
  end

  // No reset: set when a cell begins, or before they are read.
  always_ff @(posedge clk_i) begin
    outcome_q    <= outcome_d;
    code_q       <= code_d;
    next_wl_q    <= next_wl_d;
    pulses_q     <= pulses_d;
    full_count_q <= full_count_d;
    first_q      <= first_d;
    full_q       <= full_d;
    retried_q    <= retried_d;
    refused_q    <= refused_d;
    sum_q        <= sum_d;
    product_q    <= product;
  end

  assign busy_o    = state_q != Idle;
  assign done_o    = (state_q == End) | (state_q == Stopped);
  assign refused_o = refused_q;
  assign stopped_o = state_q == Stopped;
  assign last_wl_o = last_wl_q;

  always_comb begin
    result_o.outcome = outcome_q;
    result_o.pulses  = pulses_q;
    result_o.code    = code_q;
  end

  assign grid_start_o = (state_q == Nearest) & ~grid_started_q;
  assign code_o       = code_q;
  assign pulse_o      = (state_q == Limit) & (state_d == Pulsing);
  assign verify_o     = state_q == Verify;
  assign kind_o       = kind_q;
  assign wl_o         = wl_q;
  assign line_o       = line_q;
  assign fine_o       = stage_i.fine;
  assign width_o      = stage_i.width;

  // The stages come one at a time.
  logic unused;
  assign unused = &{1'b0, whole_product[6:0], ispp_i, read_i};

endmodule

`default_nettype wire
