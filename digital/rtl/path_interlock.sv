// Last stage before the analog core: every row, phase, fire, column, switch and DAC output is a flip-flop of this module, and no order
// of inputs brings it into a forbidden state. It trusts none of its inputs but reset and the gap and limit registers.
//
//  - The switches are in one of five states (controller_pkg::Lines*) or, group by group, open: at most one of program, sense, ground,
//    inhibit, neuron a line. A group that changes is open for gap_cycles_i (at least 1); groups close together.
//  - Switches, columns and codes change only while all rows, phases and fire outputs are off, and have been for gap_cycles_i. Codes do not
//    wait for the gap while the rail is not the DAC's: they reach no row, and are gone before the limits can be written after a job.
//  - Columns change only while both groups of bit-line switches are open; one column or none is selected.
//  - In programming and sensing at most one row is on. In programming only with all codes within the limits, for at most
//    limits_i.width cycles; after that the row request must fall before another pulse.
//  - The phases, fire, and more rows than one, only in the neuron state; never two of phi_p, phi_n, phi_1, phi_2, never two neurons fire.
`default_nettype none

module path_interlock #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire  [5:0]                    gap_cycles_i,
    input  wire controller_pkg::limits_t  limits_i,

    // What is wanted.
    input  wire controller_pkg::lines_t   lines_i,
    input  wire controller_pkg::codes_t   codes_i,
    input  wire                           column_on_i,
    input  wire  [controller_pkg::ColumnAddressWidth-1:0] column_i,
    input  wire                           row_on_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] row_i,
    input  wire  [Rows-1:0]               neuron_rows_i,   // value for the next cycle
    input  wire                           neuron_phi_p_i,  // likewise
    input  wire                           neuron_phi_n_i,
    input  wire                           neuron_phi_1_i,
    input  wire                           neuron_phi_2_i,
    input  wire                           neuron_fire_i,   // likewise
    input  wire  [Neurons-1:0]            neuron_i,        // who fires

    output logic                          lines_ready_o,   // lines, column and codes are as wanted, a row may come
    output logic                          neuron_ready_o,  // the same, in the neuron state
    output logic                          row_on_o,        // a row is on
    output logic                          drives_o,        // a row or another output that ends with it is on; flip-flops
    output logic                          refused_o,       // a row is wanted that will not come

    output logic [Rows-1:0]               row_1v8_o,
    output logic                          phi_p_1v8_o,
    output logic                          phi_n_1v8_o,
    output logic                          phi_1_1v8_o,
    output logic                          phi_2_1v8_o,
    output logic [Neurons-1:0]            fire_1v8_o,
    output logic [Columns-1:0]            col_1v8_o,
    output controller_pkg::lines_t        lines_1v8_o,
    output controller_pkg::codes_t        codes_1v8_o
);

  controller_pkg::lines_t             lines_q, lines_d, want;
  controller_pkg::codes_t             codes_q;
  logic [5:0]         gap_q;
  logic [7:0]         column_q;
  logic               column_on_q;
  logic [Columns-1:0] column_hot_q, column_hot;
  logic [Rows-1:0]    row_q, row_d, row_hot;
  logic               row_on_q, row_on_d, spent_q;
  logic [3:0]         phases_q, phases_d, phases_i;
  logic [Neurons-1:0] fire_q, fire_d;
  logic [9:0]         on_cycles_q, on_cycles;

  for (genvar c = 0; c < Columns; c++) begin : gen_column
    assign column_hot[c] = column_i == controller_pkg::ColumnAddressWidth'(c);
  end
  for (genvar r = 0; r < Rows; r++) begin : gen_row
    assign row_hot[r] = row_i == controller_pkg::RowAddressWidth'(r);
  end

  // Lines: open what changes, wait, close.
  logic lines_known, column_match, codes_match, codes_allowed, lines_match, programs, active, gap_done, quiet;
  logic open_sel, open_unsel, open_sl, open_wl, opens, bit_lines_open;
  logic [2:0] sel, sl;
  logic [1:0] unsel, wl;

  assign programs    = (lines_i == controller_pkg::LinesProgram) | (lines_i == controller_pkg::LinesReset);
  assign lines_known = programs | (lines_i == controller_pkg::LinesIdle) | (lines_i == controller_pkg::LinesNeuron) |
      (lines_i == controller_pkg::LinesSense);
  assign want = lines_known ? lines_i : controller_pkg::LinesOpen;

  assign column_match  = (column_on_q == column_on_i) & (~column_on_i | (column_q == column_i));
  assign codes_match   = codes_q == codes_i;
  assign codes_allowed = (codes_i.wl <= (codes_i.fine ? limits_i.wl_fine : limits_i.wl)) &
      (codes_i.bl <= limits_i.bl) & (codes_i.sl <= limits_i.sl);
  assign lines_match = lines_known & (lines_q == lines_i) & column_match;

  assign active   = row_on_q | (phases_q != '0) | (fire_q != '0);
  assign gap_done = gap_q <= 6'd1;
  assign quiet    = ~active & gap_done;

  assign sel        = {lines_q.sel_program, lines_q.sel_sense, lines_q.sel_ground};
  assign unsel      = {lines_q.unsel_ground, lines_q.unsel_inhibit};
  assign sl         = {lines_q.sl_program, lines_q.sl_ground, lines_q.sl_neuron};
  assign wl         = {lines_q.wl_dac, lines_q.wl_full};
  assign open_sel   = (sel != '0) & (~column_match | (sel != {want.sel_program, want.sel_sense, want.sel_ground}));
  assign open_unsel = (unsel != '0) & (~column_match | (unsel != {want.unsel_ground, want.unsel_inhibit}));
  assign open_sl    = (sl != '0) & (sl != {want.sl_program, want.sl_ground, want.sl_neuron});
  assign open_wl    = (wl != '0) & (wl != {want.wl_dac, want.wl_full});

  assign bit_lines_open = (sel == '0) & (unsel == '0);
  assign opens = open_sel | open_unsel | open_sl | open_wl;

  always_comb begin
    lines_d = lines_q;
    if (quiet && opens) begin
      if (open_sel) {lines_d.sel_program, lines_d.sel_sense, lines_d.sel_ground} = 3'd0;
      if (open_unsel) {lines_d.unsel_ground, lines_d.unsel_inhibit} = 2'd0;
      if (open_sl) {lines_d.sl_program, lines_d.sl_ground, lines_d.sl_neuron} = 3'd0;
      if (open_wl) {lines_d.wl_dac, lines_d.wl_full} = 2'd0;
    end else if (quiet && column_match) begin
      lines_d = want;
    end
  end

  // Rows and phases.
  logic neuron_allowed, program_allowed, sense_allowed, column_selected, single_allowed;
  logic [Rows-1:0] row_single;

  assign on_cycles       = row_on_q ? on_cycles_q + 10'd1 : 10'd0;
  assign column_selected = |column_hot_q;
  assign neuron_allowed  = lines_match & (lines_q == controller_pkg::LinesNeuron);
  assign sense_allowed   = lines_match & column_selected & (lines_q == controller_pkg::LinesSense);
  assign program_allowed = lines_match & column_selected & programs & codes_match & codes_allowed & (on_cycles < limits_i.width);
  assign single_allowed = row_on_i & ~spent_q & (sense_allowed | program_allowed) & (row_on_q | gap_done);

  // A row that is on stays the same row: another address ends the pulse.
  assign row_single = row_hot & (row_q | {Rows{~row_on_q}});
  assign row_d      = (neuron_rows_i & {Rows{neuron_allowed}}) | (row_single & {Rows{single_allowed}});
  // |row_d, with what allows a row behind the OR of all rows: an OR of 64 rows behind it was the longest path.
  assign row_on_d = ((|neuron_rows_i) & neuron_allowed) | ((|row_single) & single_allowed);
  assign phases_i = {neuron_phi_2_i, neuron_phi_1_i, neuron_phi_n_i, neuron_phi_p_i};
  assign phases_d = (neuron_allowed && (phases_i & (phases_i - 4'd1)) == '0) ? phases_i : 4'd0;
  assign fire_d   = (neuron_allowed && neuron_fire_i && (neuron_i & (neuron_i - Neurons'(1))) == '0) ? neuron_i : '0;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      lines_q      <= controller_pkg::LinesOpen;
      codes_q      <= '0;
      gap_q        <= '0;
      column_q     <= '0;
      column_on_q  <= 1'b0;
      column_hot_q <= '0;
      row_q        <= '0;
      row_on_q     <= 1'b0;
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
      phases_q    <= phases_d;
      fire_q      <= fire_d;
      spent_q     <= row_on_i & (spent_q | (row_on_q & ~row_on_d));
      on_cycles_q <= on_cycles;
    end
  end

  // Checked before the job starts.
  logic unused;
  assign unused = &{1'b0, limits_i.pulses};

  assign lines_ready_o  = lines_match & quiet & (codes_match | ~programs);
  assign neuron_ready_o = neuron_allowed;
  assign row_on_o       = row_on_q;
  assign drives_o       = active;
  assign refused_o      = (programs & ~codes_allowed) | (row_on_i & ~row_on_q & ~single_allowed);

  assign row_1v8_o   = row_q;
  assign {phi_2_1v8_o, phi_1_1v8_o, phi_n_1v8_o, phi_p_1v8_o} = phases_q;
  assign fire_1v8_o  = fire_q;
  assign col_1v8_o   = column_hot_q;
  assign lines_1v8_o = lines_q;
  assign codes_1v8_o = codes_q;

endmodule

`default_nettype wire
