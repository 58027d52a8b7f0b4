// Shows an image to all neurons at once and reads which one it drove furthest.
//
// Discharge; wake comes in its last lead_cycles_i. Then an exposure of each plane, highest bit first. Neurons hold what they sum up meanwhile. Then hold ends and the threshold
// falls, a code every step_cycles_i; the first spike names the winner, the lowest number of several in one cycle. At code 0 without a spike
// there is none. At the end the membranes are discharged again.
//
// Rows are next values for flip-flops; the other outputs come a cycle later, with them.
`default_nettype none

module image_sequencer #(
    parameter int unsigned Rows    = 64,
    parameter int unsigned Neurons = 32,
    parameter int unsigned WinnerWidth = (Neurons > 1) ? $clog2(Neurons) : 1
) (
    input  wire                    clk_i,
    input  wire                    rst_i,
    input  wire                    start_i,           // taken while it is idle and the path is granted
    input  wire                    stop_i,            // rows off at once; no answer
    input  wire                    grant_i,
    input  wire  [3:0][Rows-1:0]   planes_i,          // [3] is the highest bit; stable from start_i to the end
    input  wire  [1:0]             lowest_i,          // last plane that is shown
    input  wire  [3:0][7:0]        window_cycles_i,   // of each plane
    input  wire  [3:0][2:0]        ratio_i,           // units of current of each plane, less one
    input  wire  [7:0]             clear_cycles_i,    // discharge
    input  wire  [7:0]             lead_cycles_i,     // as of exposure
    input  wire  [7:0]             open_cycles_i,
    input  wire  [7:0]             close_cycles_i,
    input  wire  [7:0]             tail_cycles_i,
    input  wire  [7:0]             step_cycles_i,     // of a threshold's code
    input  wire  [5:0]             top_code_i,        // where the threshold begins
    input  wire  [Neurons-1:0]     spike_i,           // synchronised, without masked neurons

    output logic [Rows-1:0]        row_next_o,
    output logic                   wake_o,
    output logic                   integ_o,
    output logic [2:0]             ratio_o,
    output logic                   hold_o,
    output logic                   discharge_o,
    output logic [5:0]             threshold_o,
    output logic                   busy_o,
    output logic                   done_o,            // a cycle; found_o and winner_o hold until the next one
    output logic                   found_o,
    output logic [WinnerWidth-1:0] winner_o
);

  typedef enum logic [2:0] {
    Idle,
    Clear,
    Show,
    Fall,
    Rest
  } state_e;

  state_e                 state_q, state_d;
  logic [7:0]             timer_q, timer_d;
  logic [1:0]             plane_q, plane_d;
  logic [5:0]             code_q, code_d;
  logic                   timer_done, ends, answers, shown, last_plane, expose, leads;
  logic                   found_d, done_d;
  logic [WinnerWidth-1:0] winner, winner_d;

  assign timer_done = timer_q <= 8'd1;

  always_comb begin
    winner = '0;
    for (int unsigned k = Neurons; k > 0; k--) begin
      if (spike_i[k-1]) winner = WinnerWidth'(k - 1);
    end
  end

  assign answers = (state_q == Fall) && (|spike_i);
  assign ends    = (state_q == Fall) && (answers || (timer_done && code_q == '0));

  always_comb begin
    state_d  = state_q;
    timer_d  = timer_done ? timer_q : timer_q - 8'd1;
    plane_d  = plane_q;
    code_d   = code_q;
    found_d  = found_o;
    winner_d = winner_o;
    done_d   = 1'b0;
    case (state_q)
      Idle: begin
        timer_d = clear_cycles_i;
        plane_d = 2'd3;
        code_d  = top_code_i;
        if (start_i && grant_i) begin
          state_d = Clear;
          found_d = 1'b0;
        end
      end
      Clear: if (timer_done) state_d = Show;
      Show: if (shown) begin
        if (last_plane) begin
          state_d = Fall;
          timer_d = step_cycles_i;
        end else begin
          plane_d = plane_q - 2'd1;
        end
      end
      Fall: begin
        if (ends) begin
          state_d = Rest;
          timer_d = clear_cycles_i;
          found_d = answers;
          if (answers) winner_d = winner;
        end else if (timer_done) begin
          timer_d = step_cycles_i;
          code_d  = code_q - 6'd1;
        end
      end
      Rest: if (timer_done) begin
        state_d = Idle;
        done_d  = 1'b1;
      end
      default: begin
        state_d = Rest;
        timer_d = clear_cycles_i;
        found_d = 1'b0;
      end
    endcase
    if (stop_i && state_q != Idle && state_q != Rest) begin
      state_d = Rest;
      timer_d = clear_cycles_i;
    end
    if (stop_i && state_q != Idle) found_d = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q  <= Idle;
      timer_q  <= '0;
      plane_q  <= 2'd3;
      code_q   <= '1;
      found_o  <= 1'b0;
      winner_o <= '0;
      done_o   <= 1'b0;
    end else begin
      state_q  <= state_d;
      timer_q  <= timer_d;
      plane_q  <= plane_d;
      code_q   <= code_d;
      found_o  <= found_d;
      winner_o <= winner_d;
      done_o   <= done_d;
    end
  end

  assign last_plane = (plane_q == lowest_i) | (plane_q == '0);
  assign leads      = (state_q == Clear) & ~wake_o & ({1'b0, timer_q} <= {1'b0, lead_cycles_i} + 9'd1);
  assign expose     = leads | ((state_q == Show) & shown & ~last_plane);

  exposure #(
      .Rows(Rows)
  ) u_exposure (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .start_i        (expose),
      .stop_i         (stop_i),
      .rows_i         (planes_i[plane_q]),
      .lead_cycles_i  (lead_cycles_i),
      .open_cycles_i  (open_cycles_i),
      .window_cycles_i(window_cycles_i[plane_q]),
      .close_cycles_i (close_cycles_i),
      .tail_cycles_i  (tail_cycles_i),
      .row_next_o     (row_next_o),
      .wake_o         (wake_o),
      .integ_o        (integ_o),
      .last_o         (shown)
  );

  assign ratio_o     = ratio_i[plane_q];
  assign hold_o      = state_q != Fall;
  assign discharge_o = (state_q == Clear) | (state_q == Rest);
  assign threshold_o = code_q;
  assign busy_o      = state_q != Idle;

endmodule

`default_nettype wire
