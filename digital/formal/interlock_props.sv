// Properties of interlock: p_* always hold, i_* hold and help the induction, c_* can be reached, assume_* hold of the inputs.
//
// The first are what silicon must never see; those named *_as_wanted and *_told say exactly what every output is, from the pins and inputs
// of the last cycle: together they leave no freedom, so a fault that fulfils them all is the same machine.
`default_nettype none
module interlock_props (
    input wire clk_i, input wire rst_i, input wire [5:0] gap_cycles_i,
    input wire controller_pkg::limits_t limits_i, input wire erase_allowed_i,
    input wire controller_pkg::lines_t lines_i, input wire learn_i, input wire erase_i, input wire image_pkg::codes_t codes_i,
    input wire column_on_i, input wire [7:0] column_i, input wire row_on_i, input wire [7:0] row_i,
    input wire [3:0] neuron_rows_i, input wire neuron_wake_i, input wire neuron_integ_i,
    input wire [3:0] learn_rows_i, input wire [4:0] learn_group_i, input wire [1:0] learn_phi_i, input wire learn_fire_i, input wire [3:0] learn_neuron_i,
    output wire assume_limits_stable,
    output wire p_one_switch, output wire p_break_before_make, output wire p_open_for_the_gap, output wire p_column_one_hot,
    output wire p_column_under_open_lines, output wire p_con_alone, output wire p_con_on_ground, output wire p_con_off_in_waveform,
    output wire p_row_one_hot, output wire p_row_needs_column, output wire p_row_only_in_known_state, output wire p_window_in_neuron_state,
    output wire p_rows_off_while_switching, output wire p_rows_off_before_switching, output wire p_gap_before_row,
    output wire p_codes_within_limits, output wire p_codes_never_beyond, output wire p_erase_within_limit, output wire p_width_within_limit,
    output wire p_one_pulse_a_request, output wire p_one_phase, output wire p_learn_in_groups, output wire p_fire_one_hot, output wire p_waveform_on_the_rail,
    output wire p_gap_before_waveform,
    output wire p_row_on_told, output wire p_reset_opens_all,
    output wire p_lines_as_wanted, output wire p_column_as_wanted, output wire p_codes_as_wanted, output wire p_rows_as_wanted,
    output wire p_window_as_wanted, output wire p_phases_as_wanted, output wire p_fire_as_wanted, output wire p_ready_told,
    output wire p_refused_told,
    output wire i_row, output wire i_count, output wire i_spent, output wire i_column, output wire i_column_hot, output wire i_gap,
    output wire i_part_of_state, output wire i_open,
    output wire c_program, output wire c_erase, output wire c_neuron, output wire c_sense, output wire c_fire
);
  import image_pkg::*;
  lines_t lines, lines_was, want, want_was;
  codes_t codes, codes_was, codes_i_was;
  controller_pkg::limits_t limits_was;
  logic [3:0] row, row_was, col, col_was, fire, rows_i_was, learn_rows_was, fire_i_was;
  logic [1:0] phi, phi_i_was;
  logic [9:0] count_q;
  logic reset_q, started_q, live, lines_ready, neuron_ready, learn_ready, row_on, refused, row_on_i_was, wake, integ, wake_i_was, integ_i_was;
  logic erase_allowed_was, known_i, known_was, programs_i, programs_i_was;
  logic [7:0] row_i_was;
  interlock #(.Rows(4), .Columns(4), .Neurons(4), .LearnRows(2)) dut (
      .clk_i, .rst_i, .gap_cycles_i, .limits_i, .erase_allowed_i, .lines_i, .learn_i, .erase_i, .codes_i, .column_on_i, .column_i, .row_on_i,
      .row_i, .neuron_rows_i, .neuron_wake_i, .neuron_integ_i, .learn_rows_i, .learn_group_i, .learn_phi_1_i(learn_phi_i[0]), .learn_phi_2_i(learn_phi_i[1]),
      .learn_fire_i, .learn_neuron_i, .lines_ready_o(lines_ready), .neuron_ready_o(neuron_ready), .learn_ready_o(learn_ready), .row_on_o(row_on),
      .refused_o(refused), .row_1v8_o(row), .wake_1v8_o(wake), .integ_1v8_o(integ), .phi_1_1v8_o(phi[0]), .phi_2_1v8_o(phi[1]),
      .fire_1v8_o(fire), .col_1v8_o(col), .lines_1v8_o(lines), .codes_1v8_o(codes));

  function automatic logic one(input logic [3:0] x);
    return (x & (x - 4'd1)) == '0;
  endfunction
  function automatic logic state(input lines_t x);
    return (x == LinesIdle) | (x == LinesNeuron) | (x == LinesLearn) | (x == LinesProgram) | (x == LinesReset) | (x == LinesErase) |
        (x == LinesSense);
  endfunction
  // What is asked for by a state and the two bits beside it; open: not a state.
  function automatic lines_t meant(input controller_pkg::lines_t x, input logic learn, input logic erase);
    return (x == controller_pkg::LinesIdle) ? LinesIdle : (x == controller_pkg::LinesSense) ? LinesSense :
        (x == controller_pkg::LinesProgram) ? LinesProgram :
        (x == controller_pkg::LinesReset) ? (erase ? LinesErase : LinesReset) :
        (x == controller_pkg::LinesNeuron) ? (learn ? LinesLearn : LinesNeuron) : LinesOpen;
  endfunction
  function automatic logic allowed(input codes_t x, input controller_pkg::limits_t limits);
    return (x.wl <= (x.fine ? limits.wl_fine : limits.wl)) & (x.bl <= limits.bl);
  endfunction
  // Groups: bits 9:7 selected column, 6:5 other columns, 4:3 source lines, 2 con, 1:0 word-line rail. One bit a group: on, or as in b.
  function automatic logic [4:0] on(input lines_t x);
    return {|x[9:7], |x[6:5], |x[4:3], x[2], |x[1:0]};
  endfunction
  function automatic logic [4:0] same(input lines_t a, input lines_t b);
    return {a[9:7] == b[9:7], a[6:5] == b[6:5], a[4:3] == b[4:3], a[2] == b[2], a[1:0] == b[1:0]};
  endfunction
  function automatic lines_t spread(input logic [4:0] x);
    return {{3{x[4]}}, {2{x[3]}}, {2{x[2]}}, x[1], {2{x[0]}}};
  endfunction

  // --- what the pins tell of the time before

  // Cycles since all of what moves went off or a group opened, and how many it takes: the gap as it was in that cycle.
  logic active, active_was, rested, quiet, quiet_was;
  logic [5:0] since, since_q, need, need_q, gap_was;
  logic [4:0] opened;
  assign active = (row != '0) | wake | integ | (phi != '0) | (fire != '0);
  assign opened = on(lines_was) & ~on(lines);
  assign since  = (~live | active_was | (opened != '0)) ? 6'd1 : (&since_q) ? since_q : since_q + 6'd1;
  assign need   = (rst_i | reset_q) ? 6'd63 : ~live ? 6'd0 : (active_was | (opened != '0)) ? gap_was : need_q;
  assign rested = since >= need;
  assign quiet  = ~active & rested;
  // Cycles that each group has been open, and the gap when it opened.
  logic [4:0][5:0] open_q;
  logic [4:0][5:0] open_need_q;
  // The cell's column as last taken. A row that does not exist has an address too.
  logic column_on, column_on_q, column_right, column_right_was, column_on_i_was, bit_lines_open_was;
  logic [7:0] column, column_q, column_i_was;
  assign bit_lines_open_was = (lines_was[9:5] == '0);
  assign {column_on, column} = ~live ? 9'd0 : (quiet_was & bit_lines_open_was) ? {column_on_i_was, column_i_was} : {column_on_q, column_q};
  assign column_right = (column_on == column_on_i) & (~column_on_i | (column == column_i));
  // The request stayed while its row fell: no more of it.
  logic spent, spent_q;
  assign spent = live & row_on_i_was & (spent_q | ((row_was != '0) & (row == '0)));

  assign want       = meant(lines_i, learn_i, erase_i);
  assign known_i    = want != LinesOpen;
  assign programs_i = (want == LinesProgram) | (want == LinesReset) | (want == LinesErase);

  // Rows 0 and 2, or 1 and 3.
  wire [3:0] turn = (learn_group_i == 5'd0) ? 4'b0101 : (learn_group_i == 5'd1) ? 4'b1010 : 4'd0;
  assign live = started_q & ~rst_i;
  always_ff @(posedge clk_i) begin
    reset_q          <= rst_i;
    started_q        <= ~rst_i;  // a reset opens everything at once, for the longest gap
    lines_was        <= lines;
    codes_was        <= codes;
    row_was          <= row;
    col_was          <= col;
    limits_was       <= limits_i;
    erase_allowed_was <= erase_allowed_i;
    count_q          <= (rst_i | ~row_on) ? 10'd0 : count_q + 10'd1;
    active_was       <= active;
    quiet_was        <= quiet;
    gap_was          <= gap_cycles_i;
    since_q          <= since;
    need_q           <= need;
    column_on_q      <= column_on;
    column_q         <= column;
    column_right_was <= column_right;
    spent_q          <= spent;
    want_was         <= want;
    known_was        <= known_i;
    programs_i_was   <= programs_i;
    codes_i_was      <= codes_i;
    {column_on_i_was, column_i_was, row_on_i_was, row_i_was} <= {column_on_i, column_i, row_on_i, row_i};
    {rows_i_was, wake_i_was, integ_i_was} <= {neuron_rows_i, neuron_wake_i, neuron_integ_i};
    {learn_rows_was, phi_i_was, fire_i_was} <= {learn_rows_i & turn, learn_phi_i, learn_neuron_i & {4{learn_fire_i}}};
    for (int k = 0; k < 5; k++) begin
      open_q[k] <= (rst_i | on(lines)[k]) ? 6'd0 : (&open_q[k]) ? open_q[k] : open_q[k] + 6'd1;
      if (rst_i) open_need_q[k] <= 6'd63;
      else if (on(lines)[k]) open_need_q[k] <= gap_cycles_i;
    end
  end

  // --- what silicon must never see

  logic on_dac, many, pulses;
  assign on_dac = lines.wl_dac;
  assign many   = (lines == LinesNeuron) | (lines == LinesLearn);
  assign pulses = (row != '0) & (lines.sel_program | lines.sl_program);
  assign assume_limits_stable = ~started_q | ((limits_i == limits_was) & (erase_allowed_i == erase_allowed_was));
  assign p_one_switch = one({1'b0, lines.sel_program, lines.sel_sense, lines.sel_ground}) &
      ~(lines.unsel_ground & lines.unsel_inhibit) & ~(lines.sl_program & lines.sl_ground) & ~(lines.wl_dac & lines.wl_full);
  assign p_break_before_make = ~live | ((same(lines, lines_was) | ~on(lines) | ~on(lines_was)) == '1);
  logic [4:0] closes_early;
  always_comb for (int k = 0; k < 5; k++) closes_early[k] = on(lines)[k] & ~on(lines_was)[k] & (open_q[k] < open_need_q[k]);
  assign p_open_for_the_gap = ~live | (closes_early == '0);
  assign p_column_one_hot = one(col);
  assign p_column_under_open_lines = ~live | (col == col_was) | (lines_was[9:5] == '0);
  // Neurons on their bit lines: nothing else is there, now or in the cycles before, and the other end is at ground.
  assign p_con_alone = ~lines.con | ((lines[9:5] == '0) & ~lines.sl_program & ~lines.wl_dac & (~live | lines_was.con | (lines_was[9:5] == '0)));
  assign p_con_on_ground = ~lines.con | ~active | lines.sl_ground;
  assign p_con_off_in_waveform = ~lines.con | ((phi == '0) & (fire == '0));
  assign p_row_one_hot = many | one(row);
  assign p_row_needs_column = (row == '0) | many | (col != '0);
  assign p_row_only_in_known_state = (row == '0) | (state(lines) & (lines != LinesIdle));
  assign p_window_in_neuron_state = (~(wake | integ) | (lines == LinesNeuron)) & (~integ | wake) & ((row == '0) | (lines != LinesNeuron) | wake);
  // With the rail not from the DAC the codes reach no row: a sense or neuron row may come with the edge on which they change.
  logic moves;
  assign moves = (lines != lines_was) | (on_dac & (codes != codes_was)) | (col != col_was);
  assign p_rows_off_while_switching = ~live | ~moves | (~active & ~active_was);
  assign p_rows_off_before_switching = ~live | ~moves | quiet_was;
  assign p_gap_before_row = ~live | (row == '0) | (row_was != '0) | many | (since_q >= need_q);
  assign p_codes_within_limits = ~(on_dac & row_on) | allowed(codes, limits_i) | ~started_q;
  assign p_codes_never_beyond = ~started_q | allowed(codes, limits_i);
  assign p_erase_within_limit = ~started_q | (lines != LinesErase) | (row == '0) | erase_allowed_i;
  assign p_width_within_limit = ~pulses | (count_q < limits_i.width);
  assign p_one_pulse_a_request = ~(spent & (row != '0)) | many;
  assign p_one_phase = ~(&phi);
  assign p_learn_in_groups = (lines != LinesLearn) | ((row & 4'b0101) == '0) | ((row & 4'b1010) == '0);
  assign p_fire_one_hot = one(fire);
  assign p_waveform_on_the_rail = ((phi == '0) & (fire == '0)) | (lines == LinesLearn);
  assign p_gap_before_waveform = ~live | active_was | ~((fire != '0) | (phi != '0) | ((lines == LinesLearn) & (row != '0))) |
      (since_q >= need_q);
  assign p_row_on_told = row_on == (row != '0);
  assign p_reset_opens_all = started_q & ~rst_i | ({lines, codes, row, col, wake, integ, phi, fire} == '0);

  // --- and exactly what comes

  logic [4:0] wrong_was;
  logic [3:0] row_hot_was;
  logic neuron_was, learn_was, single_was, pulse_right_was;
  assign wrong_was = on(lines_was) & ~(same(lines_was, want_was) & {{2{column_right_was}}, 3'b111});
  lines_t lines_next;
  always_comb begin
    lines_next = lines_was;
    if (quiet_was && wrong_was != '0) lines_next = lines_was & ~spread(wrong_was);
    else if (quiet_was && column_right_was) lines_next = want_was;
  end
  assign p_lines_as_wanted = ~live | (lines == lines_next);
  assign p_column_as_wanted = ~live | (col == ((column_on && column < 8'd4) ? 4'd1 << column[1:0] : 4'd0));
  assign p_codes_as_wanted = ~live | (codes == (((quiet_was | (~active_was & ~lines_was.wl_dac)) & allowed(codes_i_was, limits_was)) ?
      codes_i_was : codes_was));
  // A row of a job goes on, or begins: then the gap is over and the request is not a spent one.
  logic rested_was, spent_was, right_was, codes_right_was;
  logic [9:0] on_for;
  always_ff @(posedge clk_i) {rested_was, spent_was} <= {rested, spent};
  assign right_was       = known_was & (lines_was == want_was) & column_right_was;
  assign codes_right_was = (codes_was == codes_i_was) & allowed(codes_i_was, limits_was);
  assign neuron_was      = right_was & (lines_was == LinesNeuron);
  assign learn_was       = right_was & (lines_was == LinesLearn) & codes_right_was & (rested_was | active_was);
  assign row_hot_was     = (row_i_was < 8'd4) ? 4'd1 << row_i_was[1:0] : 4'd0;
  assign on_for          = (row_was != '0) ? count_q : 10'd0;
  assign pulse_right_was = programs_i_was & codes_right_was & ((want_was != LinesErase) | erase_allowed_was) & (on_for < limits_was.width);
  assign single_was = row_on_i_was & ~spent_was & right_was & (col_was != '0) &
      ((row_was != '0) ? (row_was & row_hot_was) != '0 : rested_was) & ((lines_was == LinesSense) | pulse_right_was);
  assign p_rows_as_wanted = ~live | (row == (neuron_was ? rows_i_was & {4{wake_i_was}} : learn_was ? learn_rows_was :
      single_was ? row_hot_was : 4'd0));
  assign p_window_as_wanted = ~live | ({wake, integ} == ({2{neuron_was & wake_i_was}} & {1'b1, integ_i_was}));
  assign p_phases_as_wanted = ~live | (phi == ((learn_was & ~(&phi_i_was)) ? phi_i_was : 2'd0));
  assign p_fire_as_wanted = ~live | (fire == ((learn_was & one(fire_i_was)) ? fire_i_was : 4'd0));

  // What it tells the modules before it, in the same cycle.
  logic right, codes_right, single_now;
  logic [9:0] count_now;
  assign right       = known_i & (lines == want) & column_right;
  assign codes_right = (codes == codes_i) & allowed(codes_i, limits_i);
  assign count_now   = (row != '0) ? count_q + 10'd1 : 10'd0;
  assign single_now  = row_on_i & ~spent & right & (col != '0) & ((row != '0) | rested) & ((lines == LinesSense) | (programs_i & codes_right &
      ((want != LinesErase) | erase_allowed_i) & (count_now < limits_i.width)));
  assign p_ready_told = rst_i | ((lines_ready == (right & quiet & ((codes == codes_i) | ~programs_i))) &
      (neuron_ready == (right & (lines == LinesNeuron))) & (learn_ready == (right & (lines == LinesLearn) & codes_right & (rested | active))));
  assign p_refused_told = rst_i | (refused == ((programs_i & (~allowed(codes_i, limits_i) | ((want == LinesErase) & ~erase_allowed_i))) |
      (row_on_i & (row == '0) & ~single_now)));

  // --- the states that the induction may start from

  assign i_row = dut.row_on_q == (row != '0);
  assign i_count = rst_i | (row == '0) | (dut.on_cycles_q == count_q);
  assign i_spent = rst_i | (dut.spent_q == spent);
  assign i_column = rst_i | ((dut.column_on_q == column_on) & (~column_on | (dut.column_q == column)));
  assign i_column_hot = rst_i | (dut.column_hot_q == ((column_on && column < 8'd4) ? 4'd1 << column[1:0] : 4'd0));
  // As long as it counts: what is left and what has passed are what it takes.
  assign i_gap = rst_i | ((dut.gap_q > 6'd1) ? ({1'b0, dut.gap_q} + {1'b0, since} == {1'b0, need} + 7'd1) : rested);

  // Open groups make of every state of the lines a part of a known one, and a group that is still too short open was the last to open.
  function automatic logic part(input lines_t x, input lines_t of);
    return (same(x, of) | ~on(x)) == '1;
  endfunction
  assign i_part_of_state = part(lines, LinesIdle) | part(lines, LinesNeuron) | part(lines, LinesLearn) | part(lines, LinesProgram) |
      part(lines, LinesReset) | part(lines, LinesErase) | part(lines, LinesSense);
  logic [4:0] waits;
  always_comb for (int k = 0; k < 5; k++) waits[k] = ~on(lines)[k] & ({1'b0, open_q[k]} + 7'd1 < {1'b0, open_need_q[k]}) &
      ((state(lines) & (lines != LinesLearn)) | (open_need_q[k] != need) | (open_q[k] + 6'd1 != since));
  assign i_open = rst_i | (waits == '0);

  assign c_program = on_dac & row_on & lines.sel_program & (codes.wl != '0);
  assign c_erase = (lines == LinesErase) & row_on;
  assign c_neuron = integ & ~one(row);
  assign c_sense = lines.sel_sense & row_on;
  assign c_fire = (fire != '0) & (row != '0) & (phi != '0);
endmodule
`default_nettype wire
