// One pulse or one verify of one cell: lines, settle, row, and for a verify the converter. A pulse ends with its bit line grounded, so that
// none of its 3 V meets the 1.8 V transistors of converter and neurons. What it asks of the lines goes through path_interlock, which decides.
// Outside jobs it asks for the neuron state (neuron_i) or grounds the array.
`default_nettype none

module path_sequencer (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire  [7:0]                    program_settle_i,  // lines and codes as wanted, to row on; cycles, 0 counts as 1
    input  wire  [7:0]                    read_settle_i,     // row on to the first conversion

    input  wire                           neuron_i,          // neurons are wanted
    input  wire                           neuron_busy_i,     // a row pulse runs: it ends first
    input  wire                           job_i,             // a job runs
    output logic                          neuron_grant_o,    // row pulses may begin
    output logic                          job_grant_o,       // the array is the job's
    output logic                          active_o,          // something here can change

    input  wire                           pulse_i,           // one cycle; then kind, cell, codes, width, row_off, static stay until done_o
    input  wire                           verify_i,
    input  wire                           hold_i,            // between operations of one cell: leave the lines as they are
    input  wire                           row_off_i,         // a verify converts with its row off
    input  wire                           static_i,          // a verify converts nothing: its row stays on until end_i
    input  wire                           end_i,             // stays until done_o
    input  wire controller_pkg::kind_e    kind_i,
    input  wire  [5:0]                    wl_i,
    input  wire  [5:0]                    line_i,
    input  wire                           fine_i,
    input  wire  [9:0]                    width_i,
    output logic                          done_o,            // one cycle
    output logic                          refused_o,         // with done_o: the interlock let no row through

    output logic                          adc_start_o,
    input  wire                           adc_done_i,

    output controller_pkg::lines_t        lines_o,
    output controller_pkg::codes_t        codes_o,
    output logic                          column_on_o,
    output logic                          row_on_o,
    input  wire                           lines_ready_i,
    input  wire                           neuron_ready_i,
    input  wire                           row_on_i,
    input  wire                           row_refused_i
);

  typedef enum logic [2:0] {
    Rest,
    Lines,    // until the interlock has made the state
    Settle,
    Pulse,    // row on
    Sense,    // row on (but for row_off_i), settle; with static_i until the end
    Convert,  // the same, the converter works
    Release,  // row off
    Ground    // after a pulse: until its bit line has been grounded for GroundCycles
  } state_e;

  localparam logic [9:0] GroundCycles = 10'd4;  // 80 ns: 15 ns of the strobe driver, then 0.65 pF on 570 ohm

  state_e     state_q, state_d;
  logic [9:0] timer_q, timer_d;
  logic       verify_q, refused_q, refused_d, timer_done, owner_q, begins, selected, programs, grounded;

  assign timer_done = timer_q <= 10'd1;
  assign begins     = (state_q == Rest) & owner_q & (pulse_i | verify_i);

  // The job owns the array from when the last row pulse has ended until it is over.
  assign job_grant_o    = owner_q;
  assign neuron_grant_o = neuron_i & ~job_i & ~owner_q & neuron_ready_i;

  always_comb begin
    state_d   = state_q;
    timer_d   = timer_done ? timer_q : timer_q - 10'd1;
    refused_d = refused_q;
    case (state_q)
      Rest: if (begins) begin
        state_d   = Lines;
        refused_d = 1'b0;
      end
      Lines: if (row_refused_i) begin
        state_d   = Release;
        refused_d = 1'b1;
      end else if (lines_ready_i) begin
        state_d = Settle;
        if (verify_q) state_d = Sense;
        timer_d = verify_q ? {2'd0, read_settle_i} : {2'd0, program_settle_i};
      end
      Settle: if (timer_done) begin
        state_d = Pulse;
        timer_d = width_i;
      end
      // Asked for width_i cycles, the row is on for as many, one cycle later.
      Pulse: if (row_refused_i) begin
        state_d   = Release;
        refused_d = 1'b1;
      end else if (timer_done) begin
        state_d = Release;
      end
      Sense: if (row_refused_i) begin
        state_d   = Release;
        refused_d = 1'b1;
      end else if (static_i) begin
        if (end_i) state_d = Release;
      end else if (timer_done) begin
        state_d = Convert;
      end
      Convert: if (adc_done_i) state_d = Release;
      Release: if (!row_on_i) begin
        state_d = Ground;
        if (verify_q) state_d = Rest;
        timer_d = GroundCycles;
      end
      default: begin  // Ground
        if (!lines_ready_i) timer_d = timer_q;
        if (grounded) state_d = Rest;
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q   <= Rest;
      timer_q   <= '0;
      verify_q  <= 1'b0;
      refused_q <= 1'b0;
      owner_q   <= 1'b0;
    end else begin
      state_q   <= state_d;
      timer_q   <= timer_d;
      refused_q <= refused_d;
      owner_q   <= job_i & (owner_q | ~neuron_busy_i);
      if (begins) verify_q <= verify_i;
    end
  end

  assign row_on_o    = (state_q == Pulse) | (((state_q == Sense) | (state_q == Convert)) & ~row_off_i);
  assign adc_start_o = (state_q == Sense) & (state_d == Convert);
  assign grounded    = (state_q == Ground) & lines_ready_i & timer_done;
  assign done_o      = ((state_q == Release) & verify_q & ~row_on_i) | grounded;
  assign refused_o   = refused_q;
  assign active_o    = (state_q != Rest) | ~timer_done | job_i | owner_q;

  assign selected    = owner_q & ((state_q != Rest) | hold_i);
  assign programs    = owner_q & ~verify_q & (state_q != Rest) & (state_q != Ground);
  assign column_on_o = selected;

  always_comb begin
    lines_o = controller_pkg::LinesIdle;
    if (selected && verify_q) lines_o = controller_pkg::LinesSense;
    else if (programs && kind_i == controller_pkg::Reset) lines_o = controller_pkg::LinesReset;
    else if (programs) lines_o = controller_pkg::LinesProgram;
    else if (!owner_q && (neuron_i || neuron_busy_i)) lines_o = controller_pkg::LinesNeuron;
  end

  always_comb begin
    codes_o = '0;
    if (owner_q) begin
      codes_o.fine = fine_i;
      codes_o.wl   = wl_i;
      if (kind_i == controller_pkg::Reset) codes_o.sl = line_i;
      else codes_o.bl = line_i;
    end
  end

endmodule

`default_nettype wire
