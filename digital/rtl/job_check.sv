// The first thing wrong with a job, in the order of check() in verification/device/ispp.py.
`default_nettype none

module job_check #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64
) (
    input  wire controller_pkg::operation_e operation_i,
    input  wire controller_pkg::region_t    region_i,
    input  wire controller_pkg::ispp_t      ispp_i,
    input  wire controller_pkg::limits_t    limits_i,
    input  wire                             key_i,
    input  wire                             grid_overflow_i,
    input  wire                             bad_level_i,      // a level above max_level waits
    output controller_pkg::job_error_e      error_o
);

  logic targeted, region_ok, stages_order, stages_step, stages_limit, stages_zero, pulses_bad;
  logic [2:0] used, bad_order, bad_step, bad_limit, bad_width;

  assign targeted  = (operation_i == controller_pkg::OpProgram) | (operation_i == controller_pkg::OpRefresh);
  assign used[0]   = operation_i == controller_pkg::OpForm;
  assign used[1]   = targeted | (operation_i == controller_pkg::OpSet);
  assign used[2]   = targeted | (operation_i == controller_pkg::OpReset);
  assign region_ok = (region_i.row_first <= region_i.row_last) & ({1'b0, region_i.row_last} < 9'(Rows)) &
      (region_i.col_first <= region_i.col_last) & ({1'b0, region_i.col_last} < 9'(Columns));

  for (genvar k = 0; k < 3; k++) begin : gen_stage
    controller_pkg::stage_t stage;
    assign stage        = (k == 0) ? ispp_i.form_stage : (k == 1) ? ispp_i.set_stage : ispp_i.reset_stage;
    assign bad_order[k] = (stage.wl_start > stage.wl_stop) | (stage.line_start > stage.line_stop);
    assign bad_step[k]  = (stage.wl_step == '0) & (stage.line_step == '0);
    assign bad_limit[k] = (stage.wl_stop > (stage.fine ? limits_i.wl_fine : limits_i.wl)) |
        (stage.line_stop > ((k == 2) ? limits_i.sl : limits_i.bl)) | (stage.width > limits_i.width);
    assign bad_width[k] = stage.width == '0;
  end

  assign stages_order = |(used & bad_order);
  assign stages_step  = |(used & bad_step);
  assign stages_limit = |(used & bad_limit);
  assign stages_zero  = |(used & bad_width);
  assign pulses_bad   = (ispp_i.pulse_limit == '0) | (ispp_i.pulse_limit > limits_i.pulses);

  always_comb begin
    error_o = controller_pkg::JobNone;
    if (operation_i > controller_pkg::OpRefresh) error_o = controller_pkg::JobOperation;
    else if (operation_i != controller_pkg::OpRead && !key_i) error_o = controller_pkg::JobKey;
    else if (!region_ok) error_o = controller_pkg::JobRegion;
    else if ((targeted && grid_overflow_i) || (operation_i == controller_pkg::OpProgram && bad_level_i)) error_o = controller_pkg::JobLevel;
    else if (operation_i == controller_pkg::OpRead) error_o = controller_pkg::JobNone;
    else if (stages_order) error_o = controller_pkg::JobOrder;
    else if (stages_step) error_o = controller_pkg::JobStep;
    else if (stages_limit) error_o = controller_pkg::JobLimit;
    else if (stages_zero || pulses_bad || ispp_i.stop_tries == '0) error_o = controller_pkg::JobZero;
  end

  // The other settings cannot be wrong.
  logic unused;
  assign unused = &{1'b0, ispp_i};

endmodule

`default_nettype wire
