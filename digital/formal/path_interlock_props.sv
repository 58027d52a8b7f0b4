// Properties of path_interlock: p_* always hold, c_* can be reached, assume_* hold of the inputs.
`default_nettype none
module path_interlock_props (
    input wire clk_i, input wire rst_i, input wire [5:0] gap_cycles_i,
    input wire controller_pkg::limits_t limits_i,
    input wire controller_pkg::lines_t lines_i, input wire controller_pkg::codes_t codes_i,
    input wire column_on_i, input wire [7:0] column_i, input wire row_on_i, input wire [7:0] row_i,
    input wire [3:0] neuron_rows_i, input wire [3:0] neuron_phi_i,
    output wire assume_limits_stable,
    output wire p_one_switch, output wire p_break_before_make, output wire p_column_one_hot, output wire p_row_one_hot,
    output wire p_rows_off_while_switching, output wire p_codes_within_limits, output wire p_width_within_limit,
    output wire p_one_phase, output wire p_row_on_told,
    output wire c_program, output wire c_neuron, output wire c_sense
);
  controller_pkg::lines_t lines, lines_was;
  controller_pkg::codes_t codes, codes_was;
  controller_pkg::limits_t limits_was;
  logic [3:0] row, row_was, col, col_was, phi;
  logic [9:0] count_q;
  logic started_q, lines_ready, neuron_ready, row_on, refused;
  path_interlock #(.Rows(4), .Columns(4)) dut (
      .clk_i, .rst_i, .gap_cycles_i, .limits_i, .lines_i, .codes_i, .column_on_i, .column_i, .row_on_i, .row_i, .neuron_rows_i,
      .neuron_phi_p_i(neuron_phi_i[0]), .neuron_phi_n_i(neuron_phi_i[1]), .neuron_phi_1_i(neuron_phi_i[2]),
      .neuron_phi_2_i(neuron_phi_i[3]), .lines_ready_o(lines_ready), .neuron_ready_o(neuron_ready), .row_on_o(row_on),
      .refused_o(refused), .row_1v8_o(row), .phi_p_1v8_o(phi[0]), .phi_n_1v8_o(phi[1]), .phi_1_1v8_o(phi[2]),
      .phi_2_1v8_o(phi[3]), .col_1v8_o(col), .lines_1v8_o(lines), .codes_1v8_o(codes));

  always_ff @(posedge clk_i) begin
    started_q <= ~rst_i;  // a reset opens everything at once: not a switching that the rows must wait for
    lines_was <= lines;
    codes_was <= codes;
    row_was <= row;
    col_was <= col;
    limits_was <= limits_i;
    count_q <= (rst_i | ~row_on) ? 10'd0 : count_q + 10'd1;
  end

  logic programs;
  assign programs = lines.wl_dac;
  assign assume_limits_stable = ~started_q | (limits_i == limits_was);
  function automatic logic one(input logic [3:0] x);
    return (x & (x - 4'd1)) == '0;
  endfunction
  assign p_one_switch = one({1'b0, lines.sel_program, lines.sel_sense, lines.sel_ground}) &
      ~(lines.unsel_ground & lines.unsel_inhibit) & one({1'b0, lines.sl_program, lines.sl_ground, lines.sl_neuron}) &
      ~(lines.wl_dac & lines.wl_full);
  // Groups: bits 9:7 selected column, 6:5 other columns, 4:2 source lines, 1:0 word-line rail.
  assign p_break_before_make = ((lines[9:7] == lines_was[9:7]) | (lines[9:7] == '0) | (lines_was[9:7] == '0)) &
      ((lines[6:5] == lines_was[6:5]) | (lines[6:5] == '0) | (lines_was[6:5] == '0)) &
      ((lines[4:2] == lines_was[4:2]) | (lines[4:2] == '0) | (lines_was[4:2] == '0)) &
      ((lines[1:0] == lines_was[1:0]) | (lines[1:0] == '0) | (lines_was[1:0] == '0));
  assign p_column_one_hot = one(col);
  assign p_row_one_hot = lines.sl_neuron | one(row);
  // With the rail not from the DAC the codes reach no row: a sense or neuron row may come with the edge on which they change.
  assign p_rows_off_while_switching = ~started_q | ((lines == lines_was) & ((codes == codes_was) | ~programs) & (col == col_was)) |
      ((row == '0) & (row_was == '0));
  assign p_codes_within_limits = ~(programs & row_on) | ((codes.wl <= (codes.fine ? limits_i.wl_fine : limits_i.wl)) &
      (codes.bl <= limits_i.bl) & (codes.sl <= limits_i.sl)) | ~started_q;
  assign p_width_within_limit = ~(programs & row_on) | (count_q < limits_i.width);
  assign p_one_phase = one(phi) & (lines.sl_neuron | (phi == '0));
  assign p_row_on_told = row_on == (row != '0);
  assign c_program = programs & row_on & (codes.wl != '0);
  assign c_neuron = lines.sl_neuron & (phi != '0) & ~one(row);
  assign c_sense = lines.sel_sense & row_on;
endmodule
`default_nettype wire
