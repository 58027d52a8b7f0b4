// Levels on their way to the cells of a PROGRAM job: 16 of them in latches, four a word, in the order of the cells. The job waits when it is
// empty, so a row of any length streams through. The end of a job empties and closes it: what software still sends for that job must not
// become the first levels of the next.
`default_nettype none

module level_buffer (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         clear_i,
    input  wire         close_i,     // with clear_i: take no more until open_i
    input  wire         open_i,
    output logic        closed_o,
    input  wire  [4:0]  max_level_i,

    input  wire         write_i,     // ignored when full or closed
    input  wire  [31:0] write_data_i, // one level a byte, the first in the lowest; one cycle after write_i
    output logic        full_o,
    output logic [2:0]  words_o,     // in the buffer
    output logic        bad_level_o, // one above max_level_i was written since clear_i

    input  wire         take_i,
    output logic        valid_o,
    output logic [4:0]  level_o
);

  localparam int unsigned Words = 4;

  logic [19:0] words[Words];
  logic [1:0]  write_at_q, read_at_q;
  logic [1:0]  lane_q;
  logic [2:0]  words_q;
  logic        closed_q, bad_q, push, push_q, pop;
  logic [3:0]  bad;
  logic [19:0] word, stored;

  // What does not fit in five bits is kept as 31, which no grid but the largest has; bad_level_o tells it from a true 31.
  for (genvar k = 0; k < 4; k++) begin : gen_lane
    assign bad[k]         = write_data_i[8*k+:8] > {3'd0, max_level_i};
    assign stored[5*k+:5] = write_data_i[8*k+:5] | {5{|write_data_i[8*k+5+:3]}};
  end

  assign full_o = words_q == 3'(Words);
  assign push   = write_i & ~full_o & ~closed_q;
  assign pop    = take_i & valid_o & (lane_q == 2'd3);

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      write_at_q <= '0;
      read_at_q  <= '0;
      lane_q     <= '0;
      words_q    <= '0;
      bad_q      <= 1'b0;
      push_q     <= 1'b0;
    end else begin
      if (push) write_at_q <= write_at_q + 2'd1;
      push_q <= push;
      bad_q  <= bad_level_o;
      if (take_i && valid_o) lane_q <= lane_q + 2'd1;
      if (pop) read_at_q <= read_at_q + 2'd1;
      words_q <= words_q + {2'd0, push} - {2'd0, pop};
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      closed_q <= 1'b0;
    end else begin
      closed_q <= close_i | (closed_q & ~open_i);
    end
  end

  // No reset: a word is read only after it was written.
  for (genvar k = 0; k < Words; k++) begin : gen_word
    latch_word #(
        .Width(20)
    ) u_word (
        .clk_i  (clk_i),
        .write_i(push & (write_at_q == 2'(k))),
        .data_i (stored),
        .word_o (words[k])
    );
  end

  assign word        = words[read_at_q];
  assign level_o     = word[5*lane_q+:5];
  assign closed_o    = closed_q;
  assign valid_o     = words_q != '0;
  assign words_o     = words_q;
  assign bad_level_o = bad_q | (push_q & (|bad));

endmodule

`default_nettype wire
