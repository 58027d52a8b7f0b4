// Last stage before the analog core: every row, phase, fire, column, switch and DAC output, wake and window are flip-flops of this module,
// and no order of inputs brings it into a forbidden state. It trusts none of its inputs but reset and the gap and limit registers.
// Whoever asks for lines asks by a state (controller_pkg::Lines*); con and the rail follow.
//
//  - The switches are in one of seven states (image_pkg::Lines*) or, group by group, open: at most one of program, sense, ground, inhibit
//    a line. A group that changes is open for gap_cycles_i (at least 1); groups close together.
//  - Switches, columns and codes change only while rows, phases, fire, wake and window are off, and have been for gap_cycles_i. Codes do not
//    wait for the gap while the rail is not the DAC's.
//  - con, which connects the neurons to their bit lines, is on in the neuron state alone: no bit line is driven then, and the source lines
//    are at ground.
//  - Columns change only while both groups of bit-line switches are open; one column or none is selected.
//  - In programming and sensing at most one row is on. In programming only with all codes within the limits, for at most limits_i.width
//    cycles; after that the row request must fall before another pulse. vpp on the rail in a RESET is a limit of its own, erase_allowed_i.
//  - Wake, window, and rows as many as are asked for, in the neuron state. Phases, fire and rows in the state of learning, with the codes as
//    asked and within the limits, and behind the gap: of the state of programming it is a part, so it may come by opening alone. Never both
//    phases, never two neurons that fire, never rows of two groups: at most LearnRows at once.
`default_nettype none

module interlock #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32,
    parameter int unsigned LearnRows = image_pkg::LearnRows
) (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire  [5:0]                    gap_cycles_i,
    input  wire controller_pkg::limits_t  limits_i,
    input  wire                           erase_allowed_i,

    // What is wanted.
    input  wire controller_pkg::lines_t   lines_i,         // by a state of that name
    input  wire                           learn_i,         // learn, where the neuron state is asked for
    input  wire                           erase_i,         // erase, where RESET is asked for
    input  wire image_pkg::codes_t        codes_i,
    input  wire                           column_on_i,
    input  wire  [controller_pkg::ColumnAddressWidth-1:0] column_i,
    input  wire                           row_on_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] row_i,
    input  wire  [Rows-1:0]               neuron_rows_i,   // value for the next cycle, as all below
    input  wire                           neuron_wake_i,
    input  wire                           neuron_integ_i,
    input  wire  [Rows-1:0]               learn_rows_i,
    input  wire  [image_pkg::GroupWidth-1:0] learn_group_i,  // whose turn it is: of Groups, row r is in r mod Groups
    input  wire                           learn_phi_1_i,
    input  wire                           learn_phi_2_i,
    input  wire                           learn_fire_i,
    input  wire  [Neurons-1:0]            learn_neuron_i,  // who fires

    output logic                          lines_ready_o,   // lines, column and codes are as wanted, a row may come
    output logic                          neuron_ready_o,  // the neuron state, as wanted
    output logic                          learn_ready_o,   // the state of learning, as wanted, and its codes
    output logic                          row_on_o,        // a row is on
    output logic                          drives_o,        // a row or another output that ends with it is on; flip-flops
    output logic                          refused_o,       // a row is wanted that will not come

    output logic [Rows-1:0]               row_1v8_o,
    output logic                          wake_1v8_o,
    output logic                          integ_1v8_o,
    output logic                          phi_1_1v8_o,
    output logic                          phi_2_1v8_o,
    output logic [Neurons-1:0]            fire_1v8_o,
    output logic [Columns-1:0]            col_1v8_o,
    output image_pkg::lines_t             lines_1v8_o,
    output image_pkg::codes_t             codes_1v8_o
);

  image_pkg::lines_t  lines_q, lines_d, want;
  image_pkg::codes_t  codes_q;
  logic [5:0]         gap_q;
  logic [7:0]         column_q;
  logic               column_on_q;
  logic [Columns-1:0] column_hot_q, column_hot;
  logic [Rows-1:0]    row_q, row_d, row_hot;
  logic               row_on_q, row_on_d, spent_q, wake_q, integ_q, wake_d, integ_d;
  logic [1:0]         phases_q, phases_d, phases_i;
  logic [Neurons-1:0] fire_q, fire_d;
  logic [9:0]         on_cycles_q, on_cycles;

  for (genvar c = 0; c < Columns; c++) begin : gen_column
    assign column_hot[c] = column_i == controller_pkg::ColumnAddressWidth'(c);
  end
  for (genvar r = 0; r < Rows; r++) begin : gen_row
    assign row_hot[r] = row_i == controller_pkg::RowAddressWidth'(r);
  end

  localparam int unsigned Groups = (Rows + LearnRows - 1) / LearnRows;
  logic [Rows-1:0] learn_rows;
  for (genvar r = 0; r < Rows; r++) begin : gen_group
    assign learn_rows[r] = learn_rows_i[r] & (learn_group_i == image_pkg::GroupWidth'(r % Groups));
  end

  // The state that is meant.
  logic known, programs, learns;

  always_comb begin
    known    = 1'b1;
    programs = 1'b0;
    learns   = 1'b0;
    want     = image_pkg::LinesOpen;
    case (lines_i)
      controller_pkg::LinesIdle:   want = image_pkg::LinesIdle;
      controller_pkg::LinesSense:  want = image_pkg::LinesSense;
      controller_pkg::LinesNeuron: begin
        want   = learn_i ? image_pkg::LinesLearn : image_pkg::LinesNeuron;
        learns = learn_i;
      end
      controller_pkg::LinesProgram: begin
        want     = image_pkg::LinesProgram;
        programs = 1'b1;
      end
      controller_pkg::LinesReset: begin
        want     = erase_i ? image_pkg::LinesErase : image_pkg::LinesReset;
        programs = 1'b1;
      end
      default: known = 1'b0;
    endcase
  end

  // Lines: open what changes, wait, close.
  logic column_match, codes_match, codes_allowed, erases, lines_match, active, gap_done, quiet;
  logic open_sel, open_unsel, open_sl, open_con, open_wl, opens, bit_lines_open;
  logic [2:0] sel;
  logic [1:0] unsel, sl, wl;

  assign column_match  = (column_on_q == column_on_i) & (~column_on_i | (column_q == column_i));
  assign codes_match   = codes_q == codes_i;
  assign codes_allowed = (codes_i.wl <= (codes_i.fine ? limits_i.wl_fine : limits_i.wl)) & (codes_i.bl <= limits_i.bl);
  assign erases        = want == image_pkg::LinesErase;
  assign lines_match   = known & (lines_q == want) & column_match;

  assign active   = row_on_q | wake_q | integ_q | (phases_q != '0) | (fire_q != '0);
  assign gap_done = gap_q <= 6'd1;
  assign quiet    = ~active & gap_done;

  assign sel        = {lines_q.sel_program, lines_q.sel_sense, lines_q.sel_ground};
  assign unsel      = {lines_q.unsel_ground, lines_q.unsel_inhibit};
  assign sl         = {lines_q.sl_program, lines_q.sl_ground};
  assign wl         = {lines_q.wl_dac, lines_q.wl_full};
  assign open_sel   = (sel != '0) & (~column_match | (sel != {want.sel_program, want.sel_sense, want.sel_ground}));
  assign open_unsel = (unsel != '0) & (~column_match | (unsel != {want.unsel_ground, want.unsel_inhibit}));
  assign open_sl    = (sl != '0) & (sl != {want.sl_program, want.sl_ground});
  assign open_con   = lines_q.con & ~want.con;
  assign open_wl    = (wl != '0) & (wl != {want.wl_dac, want.wl_full});

  assign bit_lines_open = (sel == '0) & (unsel == '0);
  assign opens = open_sel | open_unsel | open_sl | open_con | open_wl;

  always_comb begin
    lines_d = lines_q;
    if (quiet && opens) begin
      if (open_sel) {lines_d.sel_program, lines_d.sel_sense, lines_d.sel_ground} = 3'd0;
      if (open_unsel) {lines_d.unsel_ground, lines_d.unsel_inhibit} = 2'd0;
      if (open_sl) {lines_d.sl_program, lines_d.sl_ground} = 2'd0;
      if (open_con) lines_d.con = 1'b0;
      if (open_wl) {lines_d.wl_dac, lines_d.wl_full} = 2'd0;
    end else if (quiet && column_match) begin
      lines_d = want;
    end
  end

  // Rows, window, phases.
  logic neuron_allowed, learn_allowed, program_allowed, sense_allowed, column_selected, single_allowed;
  logic [Rows-1:0] row_single;

  assign on_cycles       = row_on_q ? on_cycles_q + 10'd1 : 10'd0;
  assign column_selected = |column_hot_q;
  assign neuron_allowed  = lines_match & (lines_q == image_pkg::LinesNeuron);
  assign learn_allowed   = lines_match & learns & codes_match & codes_allowed & (active | gap_done);
  assign sense_allowed   = lines_match & column_selected & (lines_q == image_pkg::LinesSense);
  assign program_allowed = lines_match & column_selected & programs & codes_match & codes_allowed & (~erases | erase_allowed_i) &
      (on_cycles < limits_i.width);
  assign single_allowed = row_on_i & ~spent_q & (sense_allowed | program_allowed) & (row_on_q | gap_done);

  // A row of a job that is on stays the same row: another address ends the pulse.
  assign row_single = row_hot & (row_q | {Rows{~row_on_q}});
  assign row_d      = (neuron_rows_i & {Rows{neuron_allowed & neuron_wake_i}}) | (learn_rows & {Rows{learn_allowed}}) |
      (row_single & {Rows{single_allowed}});
  // |row_d, with what allows a row behind the OR of all rows: an OR of 64 rows behind it was the longest path.
  assign row_on_d = ((|neuron_rows_i) & neuron_allowed & neuron_wake_i) | ((|learn_rows) & learn_allowed) |
      ((|row_single) & single_allowed);
  assign wake_d   = neuron_wake_i & neuron_allowed;
  assign integ_d  = neuron_integ_i & neuron_wake_i & neuron_allowed;
  assign phases_i = {learn_phi_2_i, learn_phi_1_i};
  assign phases_d = (learn_allowed && phases_i != '1) ? phases_i : 2'd0;
  assign fire_d   = (learn_allowed && learn_fire_i && (learn_neuron_i & (learn_neuron_i - Neurons'(1))) == '0) ? learn_neuron_i : '0;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      lines_q      <= image_pkg::LinesOpen;
      codes_q      <= '0;
      gap_q        <= '1;  // what reset opens stays open for any gap: that of the settings is reset with them
      column_q     <= '0;
      column_on_q  <= 1'b0;
      column_hot_q <= '0;
      row_q        <= '0;
      row_on_q     <= 1'b0;
      wake_q       <= 1'b0;
      integ_q      <= 1'b0;
      phases_q     <= '0;
      fire_q       <= '0;
      spent_q      <= 1'b0;
      on_cycles_q  <= '0;
    end else begin
      lines_q <= lines_d;
      if (active || (quiet && opens)) begin
        gap_q <= gap_cycles_i;
      end else if (!gap_done) begin
        gap_q <= gap_q - 6'd1;
      end
      if (quiet && bit_lines_open && !column_match) begin
        column_q     <= column_i;
        column_on_q  <= column_on_i;
        column_hot_q <= column_on_i ? column_hot : '0;
      end
      if ((quiet || (!active && !lines_q.wl_dac)) && codes_allowed) codes_q <= codes_i;

      row_q       <= row_d;
      row_on_q    <= row_on_d;
      wake_q      <= wake_d;
      integ_q     <= integ_d;
      phases_q    <= phases_d;
      fire_q      <= fire_d;
      spent_q     <= row_on_i & (spent_q | (row_on_q & ~row_on_d));
      on_cycles_q <= on_cycles;
    end
  end

  // Checked before the job starts; there is no third DAC, and nobody asks for all switches open.
  logic unused;
  assign unused = &{1'b0, limits_i.pulses, limits_i.sl, controller_pkg::LinesOpen};

  assign lines_ready_o  = lines_match & quiet & (codes_match | ~programs);
  assign neuron_ready_o = neuron_allowed;
  assign learn_ready_o  = learn_allowed;
  assign row_on_o       = row_on_q;
  assign drives_o       = active;
  assign refused_o      = (programs & (~codes_allowed | (erases & ~erase_allowed_i))) | (row_on_i & ~row_on_q & ~single_allowed);

  assign row_1v8_o   = row_q;
  assign wake_1v8_o  = wake_q;
  assign integ_1v8_o = integ_q;
  assign {phi_2_1v8_o, phi_1_1v8_o} = phases_q;
  assign fire_1v8_o  = fire_q;
  assign col_1v8_o   = column_hot_q;
  assign lines_1v8_o = lines_q;
  assign codes_1v8_o = codes_q;

endmodule

`default_nettype wire
