// Counters of cells and pulses in latches, with one adder for all: an event waits in a flip-flop until its counter is read, then
// written. Each takes two cycles; events of one kind are further apart. Counters stop at their highest value; a write sets them.
`default_nettype none

module job_counters #(
    parameter int unsigned Cells = 4096  // of the array
) (
    input  wire         clk_i,
    input  wire         rst_i,

    // One cycle each.
    input  wire         cell_ok_i,
    input  wire         cell_failed_i,
    input  wire         pulse_i,
    input  wire  [3:0]  pulse_group_i,  // quarter of the rows, one-hot, with pulse_i

    // The bus. The adder waits for an access that may come: whether it does is known too late in a cycle to go through the adder.
    input  wire         access_i,       // an access may come
    input  wire         write_i,        // a write comes, with access_i
    input  wire  [6:0]  word_i,
    input  wire  [31:0] held_data_i,    // what was written, a cycle after write_i
    output logic [31:0] read_data_o,    // with access_i; 0 where word_i is no counter
    output logic        active_o        // something here can change, whatever comes in
);

  // Ok, failed (16 bits each, one word), pulses, endurance of the quarters: as many pulses as the cells of one live (24 to 32 bits).
  localparam int unsigned Counters = 7;
  localparam int unsigned CellWidth = 16;
  localparam int unsigned PulsesWidth = 24;
  localparam int unsigned Life = 1_000_000;  // RESET pulses of a cell: analog/reram/statistics.yaml, median_cycles
  localparam int unsigned Wanted = $clog2(64'(Cells) / 4 * 64'(Life) + 64'd1);
  localparam int unsigned Width = (Wanted < PulsesWidth) ? PulsesWidth : (Wanted > 32) ? 32 : Wanted;

  logic [Counters-1:0] addressed, sets, writes, events, waits_q, next, chosen, selected;
  logic [Width-1:0]    count[Counters];
  logic [Width-1:0]    value, value_q, data, beyond, masked[Counters];
  logic                set_q, reset_q, adds, full;

  assign addressed = {
    word_i == controller_map::Endurance3Word,
    word_i == controller_map::Endurance2Word,
    word_i == controller_map::Endurance1Word,
    word_i == controller_map::Endurance0Word,
    word_i == controller_map::PulsesWord,
    {2{word_i == controller_map::CellsWord}}
  };

  assign events = {pulse_group_i & {4{pulse_i}}, pulse_i, cell_failed_i, cell_ok_i};
  assign next   = waits_q & (~waits_q + Counters'(1));

  // A counter is read while the bus is quiet and written in the next cycle, unless the bus comes then: it is read again.
  logic [Counters-1:0] reads_q;

  assign adds   = (reads_q != '0) & ~access_i;
  assign chosen = (access_i || reads_q != '0) ? '0 : next;
  assign sets   = addressed & {Counters{write_i}};
  assign writes = sets | (adds ? reads_q : '0) | {Counters{rst_i}};

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      waits_q <= '0;
      reads_q <= '0;
      set_q   <= 1'b0;
    end else begin
      waits_q <= (waits_q & ~(adds ? reads_q : '0)) | events;
      reads_q <= chosen;
      set_q   <= |sets;
    end
  end

  always_ff @(posedge clk_i) reset_q <= rst_i;

  assign active_o = (waits_q != '0) | (reads_q != '0) | set_q | reset_q;

  // All but the failed cells, which share a word with the others, are read through the adder's selection.
  assign selected = access_i ? addressed & ~Counters'(2) : chosen;
  assign beyond   = ({Width{|selected[1:0]}} & ~Width'((32'd1 << CellWidth) - 32'd1)) |
      ({Width{selected[2]}} & ~Width'((32'd1 << PulsesWidth) - 32'd1));
  assign full     = &(value | beyond);  // beyond a counter's own bits
  assign data     = set_q ? held_data_i[Width-1:0] : value_q & {Width{~reset_q}};

  // No reset: what is written was read before.
  always_ff @(posedge clk_i) begin
    if (chosen != '0) value_q <= full ? value : value + Width'(1);
  end

  for (genvar k = 0; k < Counters; k++) begin : gen_counter
    localparam int unsigned Bits = (k < 2) ? CellWidth : (k == 2) ? PulsesWidth : Width;
    logic [Bits-1:0] word;
    latch_word #(
        .Width(Bits)
    ) u_word (
        .clk_i  (clk_i),
        .write_i(writes[k]),
        .data_i ((k == 1 && set_q) ? held_data_i[31-:Bits] : data[Bits-1:0]),
        .word_o (word)
    );
    assign count[k]  = Width'(word);
    assign masked[k] = count[k] & {Width{selected[k]}};
  end

  assign value = masked[0] | masked[1] | masked[2] | masked[3] | masked[4] | masked[5] | masked[6];

  assign read_data_o = 32'(value) | {count[1][CellWidth-1:0] & {CellWidth{addressed[1]}}, CellWidth'(0)};

endmodule

`default_nettype wire
