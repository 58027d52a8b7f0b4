// Shows rows to all neurons at once: wake, rows on, a window in which the membranes listen, rows off, wake off.
//
// Rows are next values for flip-flops; wake and integ come a cycle later, with them. A start in the last cycle goes on
// without a gap: wake stays on, and its lead is a cycle. What image_sequencer and event_sequencer share.
`default_nettype none

module exposure #(
    parameter int unsigned Rows = 64
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             start_i,          // taken while it is idle, and with last_o
    input  wire             stop_i,           // rows off at once
    input  wire  [Rows-1:0] rows_i,           // from the cycle after start_i to last_o
    input  wire  [7:0]      lead_cycles_i,    // wake before the rows, where it was off
    input  wire  [7:0]      open_cycles_i,    // rows before the window
    input  wire  [7:0]      window_cycles_i,
    input  wire  [7:0]      close_cycles_i,   // rows behind the window
    input  wire  [7:0]      tail_cycles_i,    // wake behind the rows
    output logic [Rows-1:0] row_next_o,
    output logic            wake_o,
    output logic            integ_o,
    output logic            last_o            // the last cycle of wake
);

  typedef enum logic [2:0] {
    Idle,
    Lead,
    Open,
    Window,
    Close,
    Tail
  } state_e;

  state_e     state_q, state_d;
  logic [7:0] timer_q, timer_d;
  logic       timer_done;

  assign timer_done = timer_q <= 8'd1;

  always_comb begin
    state_d = state_q;
    timer_d = timer_done ? timer_q : timer_q - 8'd1;
    case (state_q)
      Idle: timer_d = timer_q;
      Lead: if (timer_done) begin
        state_d = Open;
        timer_d = open_cycles_i;
      end
      Open: if (timer_done) begin
        state_d = Window;
        timer_d = window_cycles_i;
      end
      Window: if (timer_done) begin
        state_d = Close;
        timer_d = close_cycles_i;
      end
      Close: if (timer_done) begin
        state_d = Tail;
        timer_d = tail_cycles_i;
      end
      default: if (timer_done) state_d = Idle;  // Tail
    endcase
    if (start_i && (state_q == Idle || last_o)) begin
      state_d = Lead;
      timer_d = last_o ? 8'd1 : lead_cycles_i;
    end
    if (stop_i) state_d = Idle;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= Idle;
      timer_q <= '0;
    end else begin
      state_q <= state_d;
      timer_q <= timer_d;
    end
  end

  assign row_next_o = (state_d == Open || state_d == Window || state_d == Close) ? rows_i : '0;
  assign wake_o     = state_q != Idle;
  assign integ_o    = state_q == Window;
  assign last_o     = (state_q == Tail) & timer_done;

endmodule

`default_nettype wire
