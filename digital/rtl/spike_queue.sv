// Spikes on their way out, one at a time. The spikes of one cycle are a batch, whose lowest neuron leaves first; what comes while a batch
// leaves is the next one. A flag a neuron: nothing is lost, and none is passed over for longer than two batches.
`default_nettype none

module spike_queue #(
    parameter int unsigned Neurons = 32
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                clear_i,
    input  wire  [Neurons-1:0] fires_i,  // one cycle a spike; a neuron's next one after its last was taken
    output logic               active_o, // something here can change without a spike

    output logic               valid_o,
    output logic [controller_pkg::NeuronAddressWidth-1:0] neuron_o,  // 0 without a spike
    input  wire                take_i    // only when valid
);

  logic [Neurons-1:0] batch_q, behind_q, next, left;
  logic [controller_pkg::NeuronAddressWidth-1:0] number, neuron_q;
  logic valid_q, moves, waits;

  lowest_bit #(
      .Width(Neurons)
  ) u_next (
      .bits_i(batch_q), .lowest_o(next)
  );

  always_comb begin
    number = '0;
    for (int i = 0; i < Neurons; i++) begin
      if (next[i]) number = number | controller_pkg::NeuronAddressWidth'(i);
    end
  end

  assign moves = ~valid_q | take_i;  // the next spike is offered
  assign left  = batch_q & ~(next & {Neurons{moves}});
  assign waits = |behind_q;

  always_ff @(posedge clk_i) begin
    if (rst_i || clear_i) begin
      batch_q  <= '0;
      behind_q <= '0;
      valid_q  <= 1'b0;
      neuron_q <= '0;
    end else begin
      if (left == '0) begin  // the next batch comes
        batch_q  <= waits ? behind_q : fires_i;
        behind_q <= waits ? fires_i : '0;
      end else begin
        batch_q  <= left;
        behind_q <= behind_q | fires_i;
      end
      if (moves) begin
        valid_q  <= |batch_q;
        neuron_q <= number;
      end
    end
  end

  assign valid_o  = valid_q;
  assign neuron_o = neuron_q;
  assign active_o = (|batch_q) | waits | valid_q;

endmodule

`default_nettype wire
