// Properties of router_queue with room for two events of two bits, beside what was put into it; latch_word as its readers see it.
`default_nettype none
module router_queue_props (
    input wire clk_i, input wire rst_i, input wire push_i, input wire [1:0] data_i, input wire pop_i,
    output wire p_first_in_first_out, output wire p_full_when_two_wait, output wire p_valid_when_one_waits, output wire p_counted,
    output wire i_places, output wire i_second, output wire c_full, output wire c_emptied
);
  logic full, valid, was_full;
  logic [1:0] data, first, second, number;
  logic [3:0] count;
  router_queue #(.Width(2), .Depth(2)) dut (
      .clk_i, .rst_i, .push_i, .data_i, .full_o(full), .pop_i, .valid_o(valid), .data_o(data), .count_o(count));
  wire push = push_i & (number != 2'd2);
  wire pop = pop_i & (number != 2'd0);
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      number <= 2'd0;
      was_full <= 1'b0;
    end else begin
      number <= number + 2'(push) - 2'(pop);
      was_full <= was_full | full;
    end
    if (pop) first <= second;
    if (push) begin
      if (number == 2'(pop)) first <= data_i;
      else second <= data_i;
    end
  end
  assign p_first_in_first_out = ~valid | (data == first);
  assign p_full_when_two_wait = full == (number == 2'd2);
  assign p_valid_when_one_waits = valid == (number != 2'd0);
  assign p_counted = count == {2'd0, number};
  assign i_places = (dut.count_q == number) & (number != 2'd3) & ((dut.write_at_q ^ dut.read_at_q) == number[0]);
  assign i_second = (number != 2'd2) | (dut.word[~dut.read_at_q] == second);
  assign c_full = full;
  assign c_emptied = was_full & ~valid;
endmodule
`default_nettype wire
