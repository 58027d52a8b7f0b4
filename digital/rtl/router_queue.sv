// Events on their way to one receiver, in latches, in the order in which they came.
`default_nettype none

module router_queue #(
    parameter int unsigned Width = 7,
    parameter int unsigned Depth = 4   // a power of two, 2 to 8
) (
    input  wire              clk_i,
    input  wire              rst_i,

    input  wire              push_i,  // ignored when full
    input  wire  [Width-1:0] data_i,
    output logic             full_o,

    input  wire              pop_i,   // ignored when empty
    output logic             valid_o,
    output logic [Width-1:0] data_o,
    output logic [3:0]       count_o
);

  localparam int unsigned AtWidth = $clog2(Depth);

  logic [Width-1:0]   word[Depth];
  logic [Width-1:0]   data_q;
  logic [AtWidth-1:0] write_at_q, read_at_q;
  logic [AtWidth:0]   count_q;
  logic               push, pop;

  assign push = push_i & ~full_o;
  assign pop  = pop_i & valid_o;

  always_ff @(posedge clk_i) begin
    if (push) data_q <= data_i;  // what a latch takes over in the next cycle
    if (rst_i) begin
      write_at_q <= '0;
      read_at_q  <= '0;
      count_q    <= '0;
    end else begin
      if (push) write_at_q <= write_at_q + AtWidth'(1);
      if (pop) read_at_q <= read_at_q + AtWidth'(1);
      count_q <= count_q + (AtWidth + 1)'(push) - (AtWidth + 1)'(pop);
    end
  end

  // No reset: a word is read only after it was written.
  for (genvar k = 0; k < Depth; k++) begin : gen_word
    latch_word #(
        .Width(Width)
    ) u_word (
        .clk_i  (clk_i),
        .write_i(push & (write_at_q == AtWidth'(k))),
        .data_i (data_q),
        .word_o (word[k])
    );
  end

  assign full_o  = count_q == (AtWidth + 1)'(Depth);
  assign valid_o = count_q != '0;
  assign data_o  = word[read_at_q];
  assign count_o = 4'(count_q);

endmodule

`default_nettype wire
