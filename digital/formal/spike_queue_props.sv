// Properties of spike_queue with 4 neurons: beside it, which spikes are there and which came earlier. A neuron has no second spike before its
// first was taken, as in spike_collector.
`default_nettype none
module spike_queue_props (
    input wire clk_i, input wire rst_i, input wire clear_i, input wire [3:0] fires_i, input wire take_i,
    output wire p_nothing_lost, output wire p_in_order, output wire p_offered_at_once, output wire p_nothing_is_zero,
    output wire p_cleared, output wire i_places, output wire i_order, output wire i_batch,
    output wire c_behind, output wire c_all, output wire c_same_moment
);
  logic       valid, active, take, dropped_was;
  logic [6:0] neuron;
  logic [3:0] there, there_was, fires, left, first;
  logic [3:0] older[4];  // older[x][y]: y came before x
  logic [3:0] late;      // came while a batch left: no order among those of one later batch
  assign fires = fires_i & ~there;
  assign take  = take_i & valid;
  assign first = valid ? 4'd1 << neuron[1:0] : 4'd0;
  assign left  = there & ~(first & {4{take}});
  spike_queue #(.Neurons(4)) dut (
      .clk_i, .rst_i, .clear_i, .fires_i(fires), .active_o(active), .valid_o(valid), .neuron_o(neuron), .take_i(take));
  always_ff @(posedge clk_i) begin
    dropped_was <= rst_i | clear_i;
    there       <= (rst_i | clear_i) ? 4'd0 : left | fires;
    there_was   <= (rst_i | clear_i) ? 4'd0 : left;
    for (int x = 0; x < 4; x++) begin
      if (fires[x]) begin
        older[x] <= there;
        late[x]  <= (dut.left != 4'd0) | (dut.behind_q != 4'd0);
      end else begin
        older[x] <= older[x] & ~fires;
      end
    end
  end

  // In its place: one that is offered, in the batch, or behind. Of two, the one in front came earlier, or both waited for one batch, or both
  // came together and it has the lower number.
  logic [3:0] misplaced, disordered, overtaken;
  for (genvar x = 0; x < 4; x++) begin : gen_place
    logic [3:0] behind_x, fine;
    assign misplaced[x] = (3'(first[x]) + 3'(dut.batch_q[x]) + 3'(dut.behind_q[x])) != 3'(there[x]);
    for (genvar y = 0; y < 4; y++) begin : gen_other
      assign behind_x[y] = (x != y) & ((first[x] & (dut.batch_q[y] | dut.behind_q[y])) | (dut.batch_q[x] & dut.behind_q[y]));
      assign fine[y]     = older[y][x] | (late[x] & late[y] & ~dut.behind_q[y]) | ((x < y) & ~older[x][y]);
    end
    assign disordered[x] = ((behind_x & ~fine) != 4'd0) | (dut.behind_q[x] & ~late[x]) |
        (dut.batch_q[x] & ~late[x] & ((dut.batch_q & older[x]) != 4'd0));
    assign overtaken[x] = valid & there[x] & ~first[x] & ~older[x][neuron[1:0]] & ~(late[x] & late[neuron[1:0]] & ~dut.behind_q[x]) &
        ~((neuron[1:0] < 2'(x)) & ~older[neuron[1:0]][x]);
  end

  assign p_nothing_lost    = misplaced == 4'd0;
  assign p_in_order        = overtaken == 4'd0;
  assign p_offered_at_once = valid | ((there & there_was) == 4'd0);
  assign p_nothing_is_zero = valid | (neuron == 7'd0);
  assign p_cleared         = ~dropped_was | ~(valid | active);
  assign i_places          = (dut.behind_q == 4'd0) | (dut.batch_q != 4'd0);
  assign i_order           = disordered == 4'd0;
  assign i_batch           = ((dut.batch_q & late) == 4'd0) | ((dut.batch_q & ~late) == 4'd0);  // came at once, or waited together
  assign c_behind          = valid & (dut.behind_q != 4'd0);
  assign c_all             = there == 4'hF;
  assign c_same_moment     = valid & (neuron == 7'd1) & there[3] & ~older[3][1] & ~late[3];
endmodule
`default_nettype wire
