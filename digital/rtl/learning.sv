// In-situ learning: after a spike of the winner its waveform runs on the columns while rows are driven, chosen by the STDP window.
//
// A row is in the window from its event for one to two ticks of window_i * 16 + 1 cycles. A spike with error_i = 0 changes nothing. Else
// the waveform runs |error_i| times for each group of rows: phi_1 with the rows in the window, phi_2 with the others; with a negative error
// the rows change places. The neuron that spiked fires from the first row to the last. Rows (of all groups), group, phases and fire are next
// values for interlock, which lets the rows of the group through.
`default_nettype none

module learning #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Neurons = 32,
    parameter int unsigned Groups = (Rows + image_pkg::LearnRows - 1) / image_pkg::LearnRows
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                enable_i,
    input  wire  [7:0]         settle_cycles_i,
    input  wire  [7:0]         gap_cycles_i,
    input  wire  [7:0]         phi_1_cycles_i,
    input  wire  [7:0]         phi_2_cycles_i,
    input  wire  [11:0]        window_i,
    input  wire  [2:0]         error_i,       // signed, the third factor

    input  wire                event_i,       // a row event, one cycle
    input  wire  [Rows-1:0]    event_hot_i,
    input  wire  [Neurons-1:0] fires_i,       // one neuron, one cycle
    input  wire                grant_i,       // row pulses may begin
    input  wire                rows_busy_i,   // one runs
    input  wire                allowed_i,     // the rail is within its limits
    output logic               refused_o,     // one cycle: a spike teaches nothing, for the rail is not

    output logic               busy_o,        // from the spike to the end of its waveform
    output logic               active_o,      // something here can change
    output logic [Rows-1:0]    row_next_o,
    output logic [image_pkg::GroupWidth-1:0] group_next_o,
    output logic               phi_1_next_o,
    output logic               phi_2_next_o,
    output logic               fire_next_o,
    output logic [Neurons-1:0] neuron_o  // who, a flip-flop's: whether one alone is known before fire_next_o is
);

  typedef enum logic [2:0] {
    Idle,
    Pending,
    Settle,
    Phase,
    Release,
    Off
  } state_e;

  state_e             state_q, state_d;
  logic [7:0]         timer_q, timer_d;
  logic [1:0]         left_q, left_d;      // waveforms of all groups after this one
  logic [image_pkg::GroupWidth-1:0] group_q, group_d;
  logic               second_q, second_d, negative_q, busy_q, refused_q, timer_done, tick, spiked, last_group;
  logic [15:0]        tick_q;
  logic [Rows-1:0]    recent_q, older_q, in_window;
  logic [Neurons-1:0] neuron_q;
  logic [1:0]         magnitude;

  assign timer_done = timer_q <= 8'd1;
  assign last_group = group_q == image_pkg::GroupWidth'(Groups - 1);
  assign magnitude  = error_i[2] ? 2'd0 - error_i[1:0] : error_i[1:0];
  assign spiked     = enable_i & (|fires_i) & (error_i[1:0] != '0);

  always_comb begin
    state_d  = state_q;
    timer_d  = timer_done ? timer_q : timer_q - 8'd1;
    left_d   = left_q;
    second_d = second_q;
    group_d  = group_q;
    case (state_q)
      Idle: if (spiked) begin
        state_d  = Pending;
        left_d   = magnitude - 2'd1;
        second_d = 1'b0;
        group_d  = '0;
      end
      Pending: begin
        timer_d = settle_cycles_i;
        if (!allowed_i) state_d = Idle;
        else if (grant_i && !rows_busy_i) state_d = Settle;
      end
      Settle: if (timer_done) begin
        state_d = Phase;
        timer_d = second_q ? phi_2_cycles_i : phi_1_cycles_i;
      end
      Phase: if (timer_done) begin
        state_d = Release;
        timer_d = gap_cycles_i;
      end
      Release: if (timer_done) begin
        state_d = Off;
        timer_d = gap_cycles_i;
      end
      default: if (timer_done) begin  // Off
        state_d  = Settle;
        timer_d  = settle_cycles_i;
        second_d = ~second_q;
        if (second_q) group_d = last_group ? '0 : group_q + 1'b1;
        if (second_q && last_group) begin
          left_d = left_q - 2'd1;
          if (left_q == '0) state_d = Idle;
        end
      end
    endcase
    if (!enable_i && (state_q == Idle || state_q == Pending || state_q == Off)) state_d = Idle;
  end

  // The window stands still while a waveform runs.
  assign tick = (state_q == Idle) & (tick_q == '0);

  always_ff @(posedge clk_i) begin
    if (rst_i || (!enable_i && state_q == Idle)) begin
      recent_q <= '0;
      older_q  <= '0;
      tick_q   <= '0;
    end else begin
      recent_q <= (tick ? '0 : recent_q) | (event_hot_i & {Rows{event_i}});
      if (tick) older_q <= recent_q;
      if (tick) tick_q <= {window_i, 4'd0};
      else if (state_q == Idle) tick_q <= tick_q - 16'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q    <= Idle;
      timer_q    <= '0;
      left_q     <= '0;
      group_q    <= '0;
      second_q   <= 1'b0;
      negative_q <= 1'b0;
      neuron_q   <= '0;
      busy_q     <= 1'b0;
      refused_q  <= 1'b0;
    end else begin
      busy_q   <= busy_o;  // disabled meanwhile, the window is cleared after it
      refused_q <= (state_q == Pending) & ~allowed_i;
      state_q  <= state_d;
      timer_q  <= timer_d;
      left_q   <= left_d;
      group_q  <= group_d;
      second_q <= second_d;
      if (state_q == Idle && enable_i) begin
        negative_q <= error_i[2];
        neuron_q   <= fires_i;
      end
    end
  end

  assign in_window = recent_q | older_q;

  logic row_on, stays, second_on;
  assign row_on       = (state_d == Settle) | (state_d == Phase) | (state_d == Release);
  // second_d and group_d where a row is on, but without what fires: spikes come late in a cycle.
  assign stays        = (state_q == Idle) | (state_q == Pending) | (state_q == Settle) | (state_q == Phase) | (state_q == Release);
  assign second_on    = stays ? second_q : ~second_q;
  assign group_next_o = (stays || !second_q) ? group_q : last_group ? '0 : group_q + 1'b1;
  assign row_next_o   = ((second_on ^ negative_q) ? ~in_window : in_window) & {Rows{row_on}};
  assign phi_1_next_o = (state_d == Phase) & ~second_q;
  assign phi_2_next_o = (state_d == Phase) & second_q;
  assign busy_o       = state_q != Idle;
  assign active_o     = enable_i | busy_o | busy_q | refused_q | ~timer_done;
  assign refused_o    = refused_q;
  assign fire_next_o  = (state_d != Idle) & (state_d != Pending);
  assign neuron_o     = neuron_q;

endmodule

`default_nettype wire
