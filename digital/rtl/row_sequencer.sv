// Turns row events into pulses: row on, settle, phi_p, gap, phi_n (signed), gap, row off, gap.
//
// One-hot mode: an event is taken when the pulse before it has ended. Multi-hot mode: a set of events that gathered becomes one pulse.
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
    output logic                       busy_o,
    output logic                       active_o      // something here can change
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
  logic [Rows-1:0] row_d, rows;
  logic            timer_done, show, waiting, counts, busy_q;

  event_gather #(
      .Rows(Rows)
  ) u_gather (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .enable_i       (enable_i),
      .grant_i        (grant_i),
      .idle_i         (state_q == Idle),
      .multi_hot_i    (multi_hot_i),
      .window_cycles_i(window_cycles_i),
      .event_valid_i  (event_valid_i),
      .event_row_i    (event_row_i),
      .event_ready_o  (event_ready_o),
      .event_hot_o    (event_hot_o),
      .show_o         (show),
      .rows_o         (rows),
      .waiting_o      (waiting),
      .counts_o       (counts)
  );

  assign timer_done = timer_q <= 8'd1;

  always_comb begin
    state_d = state_q;
    timer_d = timer_done ? timer_q : timer_q - 8'd1;
    row_d   = row_i;
    case (state_q)
      Idle: begin
        timer_d = settle_cycles_i;
        if (show) begin
          state_d = Settle;
          row_d   = rows;
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

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= Idle;
      timer_q <= '0;
      busy_q  <= 1'b0;
    end else begin
      busy_q  <= busy_o;  // the timer is set once more
      state_q <= state_d;
      timer_q <= timer_d;
    end
  end

  assign row_next_o   = row_d;
  assign phi_p_next_o = state_d == PhaseP;
  assign phi_n_next_o = state_d == PhaseN;
  assign busy_o       = (state_q != Idle) | waiting;
  assign active_o     = busy_o | busy_q | counts | event_valid_i;

endmodule

`default_nettype wire
