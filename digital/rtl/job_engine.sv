// Jobs: check, visit each cell of the rectangle, leave results. Waits for levels (PROGRAM) and for room in the result FIFO. Ends early when
// STOP is written or the key is taken away (but for READ and OFFSET), also for a moment: after the pulse or verify that runs.
`default_nettype none

module job_engine #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64
) (
    input  wire                             clk_i,
    input  wire                             rst_i,
    input  wire controller_pkg::ispp_t      ispp_i,
    input  wire controller_pkg::grid_t      grid_i,
    input  wire controller_pkg::limits_t    limits_i,
    input  wire controller_pkg::region_t    region_i,
    input  wire                             key_i,
    input  wire controller_pkg::read_t      read_i,
    input  wire  [7:0]                      wake_i,          // 16 cycles each, from power up to the first cell

    input  wire                             start_i,         // not while busy_o
    input  wire  [2:0]                      operation_i,     // with start_i
    input  wire                             quiet_i,         // with start_i: totals only, no results
    input  wire                             stop_i,
    output logic                            busy_o,
    output logic                            active_o,        // something here can change
    output logic                            ended_o,         // one cycle
    output controller_pkg::job_error_e      error_o,         // of the last job
    output logic                            failed_o,        // one cycle, with ended_o: not well
    output logic                            waits_level_o,
    output logic                            waits_room_o,
    output logic                            powered_o,       // DACs and converter are wanted
    output logic                            programs_o,      // and the DACs

    input  wire                             level_valid_i,
    input  wire  [4:0]                      level_i,
    input  wire                             bad_level_i,
    output logic                            level_take_o,
    output logic                            level_clear_o,

    input  wire                             room_i,
    output logic                            result_push_o,
    output controller_pkg::result_t         result_o,

    output logic [7:0]                      row_o,
    output logic [7:0]                      col_o,
    output logic [7:0]                      target_o,
    output logic [5:0]                      last_wl_o,

    input  wire                             job_grant_i,
    output logic                            pulse_o,
    output logic                            verify_o,
    output logic                            hold_o,
    output logic                            row_off_o,       // verifies leave the row off
    output logic                            static_o,        // a verify does not convert: it stays until end_o
    output logic                            end_o,           // the job is to end
    output controller_pkg::kind_e           kind_o,
    output logic [5:0]                      wl_o,
    output logic [5:0]                      line_o,
    output logic                            fine_o,
    output logic [9:0]                      width_o,
    input  wire                             path_done_i,
    input  wire                             path_refused_i,
    input  wire                             answered_i,
    input  wire  [10:0]                     sum_i,
    output logic                            enough_o         // in a verify: the sum of its first conversion will do
);

  typedef enum logic [3:0] {
    Idle,
    Grid,    // how far does the grid reach
    Check,
    Wake,
    Level,   // fetch
    Target,
    Start,
    Cell,
    Push,
    Next
  } state_e;

  state_e      state_q, state_d;
  controller_pkg::operation_e  operation_q;
  controller_pkg::job_error_e  error_q, error_d, found;
  logic        quiet_q, stop_q, key_lost_q, ends, last, checked, reads, push_done;
  logic [1:0]  check_q;
  controller_pkg::kind_e       stage_kind;
  controller_pkg::stage_t      stage;
  logic [11:0] wake_q;
  logic        busy_q;  // some registers are cleared after the job

  logic        grid_start, grid_clear, grid_busy, grid_overflow, nearest_start, grid_wait_q;
  logic [7:0]  code;
  logic        cell_busy, cell_done, cell_refused, cell_stopped, level_bad;
  controller_pkg::result_t     result;

  assign level_bad = (level_i > grid_i.max_level) | ((&level_i) & bad_level_i);

  always_comb begin
    state_d = state_q;
    error_d = error_q;
    ends    = 1'b0;
    case (state_q)
      Idle: if (start_i) begin
        state_d = Grid;
        error_d = controller_pkg::JobNone;
      end
      Grid: if (grid_wait_q && !grid_busy) state_d = Check;
      Check: if (checked) begin
        error_d = found;
        ends    = found != controller_pkg::JobNone;
        state_d = Wake;
        if (ends) state_d = Idle;
      end
      Wake: if (wake_q == '0 && job_grant_i) state_d = Level;
      Level: begin
        if (operation_q != controller_pkg::OpProgram) begin
          state_d = Start;
        end else if (level_valid_i) begin
          state_d = Target;
          if (level_bad) begin
            error_d = controller_pkg::JobLevel;
            ends    = 1'b1;
            state_d = Idle;
          end
        end
      end
      Target: if (grid_wait_q && !grid_busy) state_d = Start;
      Start: state_d = Cell;
      Cell: if (cell_done) begin
        state_d = Push;
        if (cell_stopped) begin
          error_d = controller_pkg::JobKey;
          if (stop_q) error_d = controller_pkg::JobStopped;
          if (cell_refused) error_d = controller_pkg::JobInterlock;
          ends    = 1'b1;
          state_d = Idle;
        end
      end
      Push: if (room_i || quiet_q || stop_q) begin
        state_d = Next;
        if (result.outcome == controller_pkg::NoAnswer) begin
          error_d = controller_pkg::JobNoAnswer;
          ends    = 1'b1;
          state_d = Idle;
        end else if (last) begin
          // STOP of a job that waits for room: this result is lost. (After one of another cell the job ends in Level.)
          if (!room_i && !quiet_q) error_d = controller_pkg::JobStopped;
          ends    = 1'b1;
          state_d = Idle;
        end
      end
      default: state_d = Level;  // Next
    endcase
    // Before a cell nothing is lost: it ends where it stands, whatever it waits for.
    if (end_o && (state_q == Grid || state_q == Check || state_q == Wake || state_q == Level || state_q == Target)) begin
      error_d = controller_pkg::JobKey;
      if (stop_q) error_d = controller_pkg::JobStopped;
      ends    = 1'b1;
      state_d = Idle;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q     <= Idle;
      operation_q <= controller_pkg::OpForm;
      error_q     <= controller_pkg::JobNone;
      quiet_q     <= 1'b0;
      check_q     <= '0;
      stop_q      <= 1'b0;
      key_lost_q  <= 1'b0;
      wake_q      <= '0;
      grid_wait_q <= 1'b0;
      busy_q      <= 1'b0;
    end else begin
      busy_q  <= busy_o;
      state_q <= state_d;
      error_q <= error_d;
      if (state_q == Idle && start_i) begin
        operation_q <= controller_pkg::operation_e'(operation_i);
        quiet_q     <= quiet_i;
      end
      check_q     <= (state_q == Check) ? check_q + 2'd1 : 2'd0;
      stop_q      <= (state_q != Idle) & (stop_q | stop_i);
      key_lost_q  <= (state_q != Idle) & (key_lost_q | (~key_i & ~reads));
      wake_q      <= (state_q == Check) ? {wake_i, 4'd0} : (wake_q != '0) ? wake_q - 12'd1 : wake_q;
      grid_wait_q <= (state_q == Grid) | (state_q == Target);
    end
  end

  assign reads = (operation_q == controller_pkg::OpRead) | (operation_q == controller_pkg::OpOffset);

  // One stage at a time: that of the pulse, and before the job each in turn.
  assign checked = check_q == 2'd3;

  always_comb begin
    stage_kind = kind_o;
    if (state_q == Check) stage_kind = controller_pkg::kind_e'(check_q);
  end

  always_comb begin
    case (stage_kind)
      controller_pkg::Form: stage = ispp_i.form_stage;
      controller_pkg::Set:  stage = ispp_i.set_stage;
      default: stage = ispp_i.reset_stage;
    endcase
  end

  job_check #(
      .Rows   (Rows),
      .Columns(Columns)
  ) u_check (
      .clk_i          (clk_i),
      .operation_i    (operation_q),
      .region_i       (region_i),
      .limits_i       (limits_i),
      .pulse_limit_i  (ispp_i.pulse_limit),
      .stop_tries_i   (ispp_i.stop_tries),
      .key_i          (key_i),
      .grid_overflow_i(grid_overflow),
      .bad_level_i    (bad_level_i),
      .stages_i       ((state_q == Check) & ~checked),
      .kind_i         (stage_kind),
      .stage_i        (stage),
      .error_o        (found)
  );

  job_walker u_walker (
      .clk_i   (clk_i),
      .rst_i   (rst_i),
      .region_i(region_i),
      .start_i ((state_q == Check) & checked),
      .next_i  (state_q == Next),
      .row_o   (row_o),
      .col_o   (col_o),
      .last_o  (last)
  );

  assign grid_start = ((state_q == Grid) | (state_q == Target)) & ~grid_wait_q;
  // Without a target: also a job that ends before its first cell.
  assign grid_clear = ((state_q == Level) & (operation_q != controller_pkg::OpProgram)) |
      (end_o & ((state_q == Grid) | (state_q == Check) | (state_q == Wake)));

  level_grid u_grid (
      .clk_i     (clk_i),
      .rst_i     (rst_i),
      .grid_i    (grid_i),
      .clear_i   (grid_clear),
      .start_i   (grid_start | nearest_start),
      .nearest_i (nearest_start),
      .level_i   ((state_q == Grid) ? grid_i.max_level : level_i),
      .code_i    (code),
      .busy_o    (grid_busy),
      .overflow_o(grid_overflow),
      .target_o  (target_o)
  );

  ispp_cell u_cell (
      .clk_i         (clk_i),
      .rst_i         (rst_i),
      .ispp_i        (ispp_i),
      .stage_i       (stage),
      .read_i        (read_i),
      .start_i       (state_q == Start),
      .operation_i   (operation_q),
      .stop_i        (end_o),
      .busy_o        (cell_busy),
      .done_o        (cell_done),
      .refused_o     (cell_refused),
      .stopped_o     (cell_stopped),
      .result_o      (result),
      .last_wl_o     (last_wl_o),
      .grid_start_o  (nearest_start),
      .code_o        (code),
      .grid_busy_i   (grid_busy),
      .target_i      (target_o),
      .pulse_o       (pulse_o),
      .verify_o      (verify_o),
      .kind_o        (kind_o),
      .wl_o          (wl_o),
      .line_o        (line_o),
      .fine_o        (fine_o),
      .width_o       (width_o),
      .path_done_i   (path_done_i),
      .path_refused_i(path_refused_i),
      .answered_i    (answered_i),
      .sum_i         (sum_i),
      .enough_o      (enough_o)
  );

  assign busy_o        = state_q != Idle;
  assign active_o      = busy_o | busy_q | cell_busy | grid_busy | (wake_q != '0);
  assign ended_o       = ends;
  assign error_o       = error_q;
  assign failed_o      = ends & (error_d != controller_pkg::JobNone);
  assign waits_level_o = (state_q == Level) & (operation_q == controller_pkg::OpProgram) & ~level_valid_i;
  assign waits_room_o  = (state_q == Push) & ~room_i & ~quiet_q;
  assign powered_o     = (state_q != Idle) & (state_q != Grid) & (state_q != Check);
  assign programs_o    = powered_o & ~reads & ~static_o;
  assign static_o      = operation_q == controller_pkg::OpHold;
  assign end_o         = stop_q | key_lost_q;
  assign row_off_o     = operation_q == controller_pkg::OpOffset;
  assign level_take_o  = (state_q == Target) & (state_d == Start);
  assign level_clear_o = ends;
  assign push_done     = (state_q == Push) & (state_d != Push);
  assign result_push_o = push_done & room_i & ~quiet_q;
  assign result_o      = result;
  assign hold_o        = cell_busy;

endmodule

`default_nettype wire
