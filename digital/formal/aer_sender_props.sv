// Properties of aer_sender, the sender of the 4-phase port. Waits are proven with a limit of at most 3 cycles.
`default_nettype none
module aer_sender_props (
    input wire clk_i, input wire rst_i, input wire enable_i, input wire [15:0] timeout_cycles_i, input wire event_valid_i,
    input wire [6:0] event_neuron_i, input wire aer_ack_i,
    output wire assume_timeout_small,
    output wire p_request_after_ack_fell, output wire p_address_stable, output wire p_request_until_ack,
    output wire p_taken_after_ack_or_lost, output wire p_wait_bounded, output wire c_sent, output wire c_lost
);
  logic take, lost, idle, req, req_was, ack_was, ended_was;
  logic [6:0] address, address_was;
  logic [3:0] wait_q;
  aer_sender dut (
      .clk_i, .rst_i, .enable_i, .timeout_cycles_i, .event_valid_i, .event_neuron_i, .event_take_o(take), .lost_o(lost),
      .idle_o(idle), .aer_req_o(req), .aer_address_o(address), .aer_ack_i);
  always_ff @(posedge clk_i) begin
    req_was <= req;
    ack_was <= aer_ack_i;
    address_was <= address;
    ended_was <= rst_i | lost | ~event_valid_i;
    wait_q <= (rst_i | idle) ? 4'd0 : (wait_q == 4'd15) ? wait_q : wait_q + 4'd1;
  end
  assign assume_timeout_small = timeout_cycles_i <= 16'd3;
  assign p_request_after_ack_fell = ~(req & ~req_was) | ~ack_was;
  assign p_address_stable = ~(req & req_was) | (address == address_was);
  assign p_request_until_ack = ~(req_was & ~req) | ack_was | ended_was;
  assign p_taken_after_ack_or_lost = ~take | lost | (req & aer_ack_i);
  assign p_wait_bounded = wait_q <= 4'd6;
  assign c_sent = take & ~lost;
  assign c_lost = lost & req;
endmodule
`default_nettype wire
