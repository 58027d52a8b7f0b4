// Spikes on their way out, in the order in which they came, each with the time at which it came.
//
// The spikes of one cycle are a batch: they have one stamp and go into a FIFO of Depth entries, one a cycle, the lowest neuron first. What comes
// meanwhile stays behind, a flag a neuron, and is the next batch. It is stamped when its turn comes and says so (late_o): it came before its
// stamp, and the lowest neuron of it leaves first, whoever came first. There is room for a spike of every neuron: nothing is lost.
`default_nettype none

module spike_queue #(
    parameter int unsigned Neurons = 32,
    parameter int unsigned Depth = 8,  // a power of two
    parameter int unsigned StampWidth = controller_pkg::StampWidth
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                clear_i,
    input  wire  [Neurons-1:0] fires_i,  // one cycle a spike; a neuron's next one after its last was taken
    input  wire  [StampWidth-1:0] now_i,
    output logic               active_o, // something here can change without a spike

    output logic               valid_o,
    output logic [controller_pkg::NeuronAddressWidth-1:0] neuron_o,  // 0 without a spike, as the others
    output logic [StampWidth-1:0] stamp_o,
    output logic               late_o,
    input  wire                take_i    // only when valid
);

  localparam int unsigned NumberWidth = $clog2(Neurons);
  localparam int unsigned AtWidth = $clog2(Depth);
  localparam int unsigned EntryWidth = 1 + StampWidth + NumberWidth;

  logic [Neurons-1:0]                    batch_q, behind_q, next, left;
  logic [StampWidth-1:0] stamp_q;
  logic [NumberWidth-1:0]                number;
  logic [EntryWidth-1:0]                 entry_q, offered, word[Depth];
  logic [AtWidth:0]                      write_at_q, read_at_q;  // one bit more than a place: full and empty differ
  logic                                  late_q, waits, full, push, loads;

  lowest_bit #(
      .Width(Neurons)
  ) u_next (
      .bits_i(batch_q), .lowest_o(next)
  );

  always_comb begin
    number = '0;
    for (int i = 0; i < Neurons; i++) begin
      if (next[i]) number = number | NumberWidth'(i);
    end
  end

  assign full  = write_at_q == {~read_at_q[AtWidth], read_at_q[AtWidth-1:0]};
  assign push  = (|batch_q) & ~full;
  assign left  = batch_q & ~(next & {Neurons{push}});
  assign loads = left == '0;  // the next batch comes
  assign waits = |behind_q;

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      batch_q  <= '0;
      behind_q <= '0;
    end else if (loads) begin
      batch_q  <= waits ? behind_q : fires_i;
      behind_q <= waits ? fires_i : '0;
    end else begin
      batch_q  <= left;
      behind_q <= behind_q | fires_i;
    end
  end

  // No reset: read only after they were written.
  always_ff @(posedge clk_i) begin
    if (loads && (waits || (|fires_i))) begin
      stamp_q <= now_i;
      late_q  <= waits;
    end
    if (push) entry_q <= {late_q, stamp_q, number};
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_at_q <= '0;
      read_at_q  <= '0;
    end else if (clear_i) begin
      read_at_q <= write_at_q;
    end else begin
      if (push) write_at_q <= write_at_q + (AtWidth + 1)'(1);
      if (take_i) read_at_q <= read_at_q + (AtWidth + 1)'(1);
    end
  end

  for (genvar k = 0; k < Depth; k++) begin : gen_word
    latch_word #(
        .Width(EntryWidth)
    ) u_word (
        .clk_i  (clk_i),
        .write_i(push & (write_at_q[AtWidth-1:0] == AtWidth'(k))),
        .data_i (entry_q),
        .word_o (word[k])
    );
  end

  assign valid_o  = write_at_q != read_at_q;
  assign offered  = valid_o ? word[read_at_q[AtWidth-1:0]] : '0;
  assign late_o   = offered[EntryWidth-1];
  assign stamp_o  = offered[NumberWidth+:StampWidth];
  assign neuron_o = controller_pkg::NeuronAddressWidth'(offered[NumberWidth-1:0]);
  assign active_o = (|batch_q) | waits | valid_o;

endmodule

`default_nettype wire
