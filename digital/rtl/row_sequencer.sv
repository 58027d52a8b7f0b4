// Turns row events into pulses: row on, settle, phi_p, gap, phi_n (signed), gap, row off, gap.
//
// One-hot mode: an event is taken when the pulse before it has ended. Multi-hot mode: events gather in a mask while
// a window runs (and while a pulse runs), then the mask becomes one pulse; a second event for a gathered row waits.
// Rows and phases are next values for the flip-flops in path_interlock. No row switches while a phase is on; the phases are apart by a
// gap of at least one cycle.
`default_nettype none

module row_sequencer #(
    parameter int unsigned Rows = 64
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        enable_i,
    input  wire                        grant_i,      // pulses may begin
    input  wire                        multi_hot_i,
    input  wire                        signed_phase_i,
    input  wire  [7:0]                 settle_cycles_i,
    input  wire  [7:0]                 gap_cycles_i,
    input  wire  [7:0]                 phi_p_cycles_i,
    input  wire  [7:0]                 phi_n_cycles_i,
    input  wire  [9:0]                 window_cycles_i,

    input  wire                        event_valid_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] event_row_i,
    output logic                       event_ready_o,
    output logic [Rows-1:0]            event_hot_o,  // the event's row

    input  wire  [Rows-1:0]            row_i,        // as they are
    output logic [Rows-1:0]            row_next_o,
    output logic                       phi_p_next_o,
    output logic                       phi_n_next_o,
    output logic                       busy_o
);

  typedef enum logic [2:0] {
    Idle,
    Settle,
    PhaseP,
    Between,
    PhaseN,
    Release,
    Off
  } state_e;

  state_e          state_q, state_d;
  logic [7:0]      timer_q, timer_d;
  logic [9:0]      window_q, window_d;
  logic [Rows-1:0] row_d;
  logic [Rows-1:0] gathered_q, gathered_d;
  logic            any_gathered_q, any_gathered_d;

  logic [Rows-1:0] event_hot;
  logic            timer_done, accept, gather, apply;

  for (genvar r = 0; r < Rows; r++) begin : gen_decode
    assign event_hot[r] = event_row_i == controller_pkg::RowAddressWidth'(r);
  end

  assign timer_done = timer_q <= 8'd1;
  assign apply      = (state_q == Idle) && any_gathered_q && (window_q <= 10'd1);

  assign event_ready_o = enable_i & grant_i &
      (multi_hot_i ? ~|(event_hot & gathered_q) : ((state_q == Idle) & ~any_gathered_q));
  assign accept = event_valid_i & event_ready_o;
  assign gather = accept & multi_hot_i;

  always_comb begin
    state_d = state_q;
    timer_d = timer_done ? timer_q : timer_q - 8'd1;
    row_d   = row_i;
    case (state_q)
      Idle: begin
        timer_d = settle_cycles_i;
        if (apply) begin
          state_d = Settle;
          row_d   = gathered_q;
        end else if (accept && !multi_hot_i) begin
          state_d = Settle;
          row_d   = event_hot;
        end
      end
      Settle: if (timer_done) begin
        state_d = PhaseP;
        timer_d = phi_p_cycles_i;
      end
      PhaseP: if (timer_done) begin
        state_d = Release;
        timer_d = gap_cycles_i;
        if (signed_phase_i) state_d = Between;
      end
      Between: if (timer_done) begin
        state_d = PhaseN;
        timer_d = phi_n_cycles_i;
      end
      PhaseN: if (timer_done) begin
        state_d = Release;
        timer_d = gap_cycles_i;
      end
      Release: if (timer_done) begin
        state_d = Off;
        timer_d = gap_cycles_i;
        row_d   = '0;
      end
      Off: if (timer_done) begin
        state_d = Idle;
      end
      default: begin
        state_d = Off;
        row_d   = '0;
      end
    endcase
  end

  always_comb begin
    gathered_d     = (apply ? '0 : gathered_q) | (gather ? event_hot : '0);
    any_gathered_d = (any_gathered_q & ~apply) | gather;
    window_d       = window_q;
    if (gather && (!any_gathered_q || apply)) begin
      window_d = window_cycles_i;
    end else if (window_q > 10'd1) begin
      window_d = window_q - 10'd1;
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
      window_q       <= '0;
      gathered_q     <= '0;
      any_gathered_q <= 1'b0;
    end else begin
      state_q        <= state_d;
      timer_q        <= timer_d;
      window_q       <= window_d;
      gathered_q     <= gathered_d;
      any_gathered_q <= any_gathered_d;
    end
  end

  assign event_hot_o  = event_hot;
  assign row_next_o   = row_d;
  assign phi_p_next_o = state_d == PhaseP;
  assign phi_n_next_o = state_d == PhaseN;
  assign busy_o       = (state_q != Idle) | any_gathered_q;

endmodule

`default_nettype wire
