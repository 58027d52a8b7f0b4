// Properties of event_router with 4 rows, 2 neurons and queues of 2 events, whatever its ports and the bus do: nothing is assumed.
// What queue, port and sender do by themselves is proven of them: router_queue, event_input, aer_sender.
`default_nettype none
module event_router_props (
    input wire clk_i, input wire rst_i, input wire wbs_cyc_i, input wire wbs_stb_i, input wire wbs_we_i, input wire [3:0] wbs_sel_i,
    input wire [31:0] wbs_adr_i, input wire [31:0] wbs_dat_i, input wire [1:0] spike_req_i, input wire [1:0][6:0] spike_neuron_i,
    input wire [1:0] row_ack_i, input wire in_req_i, input wire [7:0] in_address_i, input wire out_ack_i,
    output wire p_no_event_into_a_full_queue, output wire p_taken_goes_everywhere, output wire p_queued_is_taken,
    output wire p_one_source_a_cycle, output wire p_turns_go_on, output wire p_turn_exists, output wire p_bus_steals_one_cycle,
    output wire p_reserved_for_its_holder, output wire p_holder_is_served, output wire p_ack_when_taken, output wire p_bus_answers,
    output wire c_three_places, output wire c_reserved, output wire c_pins
);
  logic [1:0] spike_ack, row_req;
  logic [1:0][6:0] row_address;
  logic in_ack, out_req, bus_ack, rst_was, reading_was, act_was, begun;
  logic [6:0] out_address;
  logic [31:0] bus_data;
  logic [1:0] turn_was;
  logic [2:0] ack_was, handed_was;
  event_router #(.Rows(4), .Neurons(2), .Depth(2)) dut (
      .clk_i, .rst_i, .wbs_cyc_i, .wbs_stb_i, .wbs_we_i, .wbs_sel_i, .wbs_adr_i, .wbs_dat_i, .wbs_ack_o(bus_ack), .wbs_dat_o(bus_data),
      .spike_req_i, .spike_neuron_i, .spike_ack_o(spike_ack), .row_req_o(row_req), .row_address_o(row_address), .row_ack_i,
      .in_req_i, .in_address_i, .in_ack_o(in_ack), .out_req_o(out_req), .out_address_o(out_address), .out_ack_i);
  wire [2:0] ack = {in_ack, spike_ack};
  always_ff @(posedge clk_i) begin
    begun <= begun | ~rst_i;  // not in the first cycle, before which there was none
    rst_was <= rst_i;
    reading_was <= dut.bus_at_route;
    act_was <= ~rst_i & dut.u_registers.go_q & wbs_cyc_i & wbs_stb_i;
    turn_was <= dut.turn_q;
    ack_was <= ack;
    handed_was <= dut.ready | dut.bad;
  end
  wire mine = ~dut.reserved_q | (dut.holder_q == dut.turn_q);
  assign p_no_event_into_a_full_queue = ~|(dut.push & dut.full);
  assign p_taken_goes_everywhere = ~|dut.ready | (dut.push == dut.want);
  assign p_queued_is_taken = ~|dut.push | |dut.ready;
  assign p_one_source_a_cycle = (dut.ready & (dut.ready - 3'd1)) == '0;
  assign p_turns_go_on = ~begun | (dut.turn_q != turn_was) | reading_was | rst_was;
  assign p_turn_exists = dut.turn_q != 2'd3;
  assign p_bus_steals_one_cycle = ~(dut.bus_at_route & reading_was);
  assign p_reserved_for_its_holder = mine | ~|(dut.push & dut.held_q);
  assign p_holder_is_served = ~(mine & dut.valid[dut.turn_q] & ~dut.bus_at_route & ~|(dut.want & dut.full)) | dut.ready[dut.turn_q];
  assign p_ack_when_taken = ~|(ack & ~ack_was & ~handed_was);
  assign p_bus_answers = bus_ack == act_was;
  assign c_three_places = dut.push == 3'd7;
  assign c_reserved = dut.reserved_q;
  assign c_pins = out_req & (out_address == 7'h41);
endmodule
`default_nettype wire
