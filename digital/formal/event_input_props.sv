// Properties of event_input, the receiver of the 4-phase port.
`default_nettype none
module event_input_props (
    input wire clk_i, input wire rst_i, input wire enable_i, input wire aer_enable_i, input wire aer_req_i,
    input wire [15:0] timeout_cycles_i, input wire [7:0] aer_address_i, input wire write_i, input wire [7:0] write_row_i, input wire event_ready_i,
    output wire p_ack_after_request, output wire p_ack_until_request_falls, output wire p_ack_only_when_taken,
    output wire p_taken_is_acknowledged, output wire p_row_exists, output wire c_ack, output wire c_bad_address
);
  logic ack, ack_was, req_was, rst_was, handed_was, busy, valid, bad, dropped, stuck, overflow;
  logic [7:0] write_row, row;
  event_input #(.Rows(4)) dut (
      .clk_i, .rst_i, .enable_i, .aer_enable_i, .timeout_cycles_i, .aer_req_i, .aer_address_i, .aer_ack_o(ack), .write_i, .write_row_i,
      .write_busy_o(busy), .write_row_o(write_row), .event_valid_o(valid), .event_row_o(row), .event_ready_i,
      .bad_address_o(bad), .dropped_o(dropped), .stuck_o(stuck), .overflow_o(overflow));
  always_ff @(posedge clk_i) begin
    ack_was <= ack;
    req_was <= aer_req_i;
    rst_was <= rst_i;
    handed_was <= ~rst_i & ~busy & ((valid & event_ready_i) | bad);  // an event of the pins goes on, or is reported
  end
  assign p_ack_after_request = ~(ack & ~ack_was) | req_was;
  assign p_ack_until_request_falls = ~(ack_was & ~ack) | ~req_was | rst_was;
  assign p_ack_only_when_taken = ~(ack & ~ack_was) | handed_was;
  assign p_taken_is_acknowledged = ~handed_was | ack;
  assign p_row_exists = ~valid | (row < 8'd4);
  assign c_ack = ack;
  assign c_bad_address = bad & ~busy;
endmodule
`default_nettype wire
