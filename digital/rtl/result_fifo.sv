// Results on their way to software: 4 of them, in latches; the job waits when it is full. A result's cell follows from the order.
`default_nettype none

module result_fifo (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire                           clear_i,

    input  wire                           push_i,   // ignored when full
    input  wire controller_pkg::result_t  result_i, // stable until one cycle after push_i
    output logic                          full_o,

    input  wire                           pop_i,    // ignored when empty
    output logic                          valid_o,
    output controller_pkg::result_t       result_o,
    output logic [2:0]                    count_o
);

  localparam int unsigned Depth = 4;

  logic [controller_pkg::ResultWidth-1:0] word[Depth];
  logic [1:0]       write_at_q, read_at_q;
  logic [2:0]       count_q;
  logic             push, pop;

  assign push = push_i & ~full_o;
  assign pop  = pop_i & valid_o;

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      write_at_q <= '0;
      read_at_q  <= '0;
      count_q    <= '0;
    end else begin
      if (push) write_at_q <= write_at_q + 2'd1;
      if (pop) read_at_q <= read_at_q + 2'd1;
      count_q <= count_q + {2'd0, push} - {2'd0, pop};
    end
  end

  // No reset: a word is read only after it was written.
  for (genvar k = 0; k < Depth; k++) begin : gen_word
    latch_word #(
        .Width(controller_pkg::ResultWidth)
    ) u_word (
        .clk_i  (clk_i),
        .write_i(push & (write_at_q == 2'(k))),
        .data_i (result_i),
        .word_o (word[k])
    );
  end

  assign full_o   = count_q == 3'(Depth);
  assign valid_o  = count_q != '0;
  assign count_o  = count_q;
  assign result_o = word[read_at_q];

endmodule

`default_nettype wire
