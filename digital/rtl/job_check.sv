// The first thing wrong with a job, in the order of check() in digital/model/ispp.py. The stages come one after another, a cycle
// each: FORM, SET, RESET, while stages_i; the cycle after them error_o holds.
`default_nettype none

module job_check #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64
) (
    input  wire                             clk_i,
    input  wire controller_pkg::operation_e operation_i,
    input  wire controller_pkg::region_t    region_i,
    input  wire controller_pkg::limits_t    limits_i,
    input  wire  [5:0]                      pulse_limit_i,
    input  wire  [2:0]                      stop_tries_i,
    input  wire                             key_i,
    input  wire                             grid_overflow_i,
    input  wire                             bad_level_i,      // a level above max_level waits
    input  wire                             stages_i,         // stage_i is that of kind_i; falls between jobs
    input  wire controller_pkg::kind_e      kind_i,
    input  wire controller_pkg::stage_t     stage_i,
    output controller_pkg::job_error_e      error_o
);

  logic targeted, reads, pulses, region_ok, pulses_bad, used;
  logic bad_order, bad_step, bad_limit, bad_width;
  logic order_q, step_q, limit_q, width_q;

  assign targeted  = (operation_i == controller_pkg::OpProgram) | (operation_i == controller_pkg::OpRefresh);
  assign reads     = (operation_i == controller_pkg::OpRead) | (operation_i == controller_pkg::OpOffset);
  assign pulses    = ~reads & (operation_i != controller_pkg::OpHold);
  assign region_ok = (region_i.row_first <= region_i.row_last) & ({1'b0, region_i.row_last} < 9'(Rows)) &
      (region_i.col_first <= region_i.col_last) & ({1'b0, region_i.col_last} < 9'(Columns));

  always_comb begin
    case (kind_i)
      controller_pkg::Form: used = operation_i == controller_pkg::OpForm;
      controller_pkg::Set:  used = targeted | (operation_i == controller_pkg::OpSet);
      default: used = targeted | (operation_i == controller_pkg::OpReset);
    endcase
  end

  assign bad_order = (stage_i.wl_start > stage_i.wl_stop) | (stage_i.line_start > stage_i.line_stop);
  assign bad_step  = (stage_i.wl_step == '0) & (stage_i.line_step == '0);
  assign bad_limit = (stage_i.wl_stop > (stage_i.fine ? limits_i.wl_fine : limits_i.wl)) |
      (stage_i.line_stop > ((kind_i == controller_pkg::Reset) ? limits_i.sl : limits_i.bl)) | (stage_i.width > limits_i.width);
  assign bad_width = stage_i.width == '0;

  // No reset: they are clear when a job has not begun.
  always_ff @(posedge clk_i) begin
    order_q <= stages_i & (order_q | (used & bad_order));
    step_q  <= stages_i & (step_q | (used & bad_step));
    limit_q <= stages_i & (limit_q | (used & bad_limit));
    width_q <= stages_i & (width_q | (used & bad_width));
  end

  assign pulses_bad = (pulse_limit_i == '0) | (pulse_limit_i > limits_i.pulses);

  always_comb begin
    error_o = controller_pkg::JobNone;
    if (!reads && !key_i) error_o = controller_pkg::JobKey;
    else if (!region_ok) error_o = controller_pkg::JobRegion;
    else if ((targeted && grid_overflow_i) || (operation_i == controller_pkg::OpProgram && bad_level_i)) error_o = controller_pkg::JobLevel;
    else if (!pulses) error_o = controller_pkg::JobNone;
    else if (order_q) error_o = controller_pkg::JobOrder;
    else if (step_q) error_o = controller_pkg::JobStep;
    else if (limit_q) error_o = controller_pkg::JobLimit;
    else if (width_q || pulses_bad || stop_tries_i == '0) error_o = controller_pkg::JobZero;
  end

endmodule

`default_nettype wire
