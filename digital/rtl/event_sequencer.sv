// Turns row events into what the neurons hear: wake, row on, a window in which the membranes listen, row off, wake off.
//
// The row_sequencer of neurons that hear all rows at once. One-hot mode: an event is taken when nothing is shown. Multi-hot mode: events
// gather in a mask while a window of gathering runs, and while a mask is shown; a second event for a gathered row waits.
// Rows are next values for the flip-flops in path_interlock; wake and integ come a cycle later, with them. Not in the controller yet: the
// chip's neurons are the first ones, which have phases.
`default_nettype none

module event_sequencer #(
    parameter int unsigned Rows = 64
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        enable_i,
    input  wire                        grant_i,          // rows may begin
    input  wire                        multi_hot_i,
    input  wire  [7:0]                 lead_cycles_i,    // wake before the rows
    input  wire  [7:0]                 open_cycles_i,    // rows before the window
    input  wire  [7:0]                 window_cycles_i,
    input  wire  [7:0]                 close_cycles_i,   // rows behind the window
    input  wire  [7:0]                 tail_cycles_i,    // wake behind the rows
    input  wire  [9:0]                 gather_cycles_i,

    input  wire                        event_valid_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] event_row_i,
    output logic                       event_ready_o,
    output logic [Rows-1:0]            event_hot_o,      // the event's row

    output logic [Rows-1:0]            row_next_o,
    output logic                       wake_o,
    output logic                       integ_o,
    output logic                       busy_o
);

  typedef enum logic [2:0] {
    Idle,
    Lead,
    Open,
    Window,
    Close,
    Tail
  } state_e;

  state_e          state_q, state_d;
  logic [7:0]      timer_q, timer_d;
  logic [9:0]      gather_q, gather_d;
  logic [Rows-1:0] shown_q, shown_d;
  logic [Rows-1:0] gathered_q, gathered_d;
  logic            any_gathered_q, any_gathered_d;
  logic [Rows-1:0] event_hot;
  logic            timer_done, accept, gather, apply;

  for (genvar r = 0; r < Rows; r++) begin : gen_decode
    assign event_hot[r] = event_row_i == controller_pkg::RowAddressWidth'(r);
  end

  assign timer_done = timer_q <= 8'd1;
  assign apply      = (state_q == Idle) & grant_i & any_gathered_q & (gather_q <= 10'd1);

  assign event_ready_o = enable_i & grant_i &
      (multi_hot_i ? ~|(event_hot & gathered_q) : ((state_q == Idle) & ~any_gathered_q));
  assign accept = event_valid_i & event_ready_o;
  assign gather = accept & multi_hot_i;

  always_comb begin
    state_d = state_q;
    timer_d = timer_done ? timer_q : timer_q - 8'd1;
    shown_d = shown_q;
    case (state_q)
      Idle: begin
        timer_d = lead_cycles_i;
        if (apply) begin
          state_d = Lead;
          shown_d = gathered_q;
        end else if (accept && !multi_hot_i) begin
          state_d = Lead;
          shown_d = event_hot;
        end
      end
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
      default: begin  // Tail
        if (timer_done) state_d = Idle;
      end
    endcase
  end

  always_comb begin
    gathered_d     = (apply ? '0 : gathered_q) | (gather ? event_hot : '0);
    any_gathered_d = (any_gathered_q & ~apply) | gather;
    gather_d       = gather_q;
    if (gather && (!any_gathered_q || apply)) begin
      gather_d = gather_cycles_i;
    end else if (gather_q > 10'd1) begin
      gather_d = gather_q - 10'd1;
    end
    if (!enable_i) begin
      gathered_d     = '0;
      any_gathered_d = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q        <= Idle;
      timer_q        <= '0;
      gather_q       <= '0;
      shown_q        <= '0;
      gathered_q     <= '0;
      any_gathered_q <= 1'b0;
    end else begin
      state_q        <= state_d;
      timer_q        <= timer_d;
      gather_q       <= gather_d;
      shown_q        <= shown_d;
      gathered_q     <= gathered_d;
      any_gathered_q <= any_gathered_d;
    end
  end

  assign event_hot_o = event_hot;
  assign row_next_o  = (state_d == Open || state_d == Window || state_d == Close) ? shown_q : '0;
  assign wake_o      = (state_q == Lead) | (state_q == Open) | (state_q == Window) | (state_q == Close) | (state_q == Tail);
  assign integ_o     = state_q == Window;
  assign busy_o      = (state_q != Idle) | any_gathered_q;

endmodule

`default_nettype wire
