// Properties of spike_queue with 4 neurons, two places and stamps of 4 bits: beside it, which spikes are there, when each came, and which came earlier.
// A neuron has no second spike before its first was taken, as in spike_collector. Time goes on by one tick at most a cycle, and not once around
// while a stamp waits.
`default_nettype none
module spike_queue_props (
    input wire clk_i, input wire rst_i, input wire clear_i, input wire [3:0] fires_i, input wire [3:0] now_i, input wire take_i,
    output wire assume_time_goes_on, output wire assume_not_around,
    output wire p_nothing_lost, output wire p_in_order, output wire p_stamp_is_its_moment, output wire p_stamps_rise,
    output wire p_offered_at_once, output wire p_nothing_is_zero, output wire p_cleared,
    output wire i_places, output wire i_order, output wire i_moments, output wire i_rise,
    output wire c_late, output wire c_full, output wire c_same_moment
);
  logic        valid, late, active;
  logic [6:0]  neuron;
  logic [3:0] stamp, last, now_was;
  logic [3:0]  there, there_was, fires, left;
  logic [3:0]  older[4];  // older[x][y]: y came before x
  logic [3:0] came[4];
  logic        dropped_was;
  assign fires = fires_i & ~there;
  wire take = take_i & valid;
  assign left = there & ~({4{take}} & (4'd1 << neuron));
  spike_queue #(.Neurons(4), .Depth(2), .StampWidth(4)) dut (
      .clk_i, .rst_i, .clear_i, .fires_i(fires), .now_i, .active_o(active), .valid_o(valid), .neuron_o(neuron), .stamp_o(stamp),
      .late_o(late), .take_i(take));
  always_ff @(posedge clk_i) begin
    now_was     <= now_i;
    dropped_was <= rst_i | clear_i;
    there       <= (rst_i | clear_i) ? 4'd0 : left | fires;
    there_was   <= (rst_i | clear_i) ? 4'd0 : left;
    if (rst_i | clear_i) last <= now_i;
    else if (take) last <= stamp;
    for (int x = 0; x < 4; x++) begin
      if (fires[x]) begin
        came[x]  <= now_i;
        older[x] <= there;
      end else begin
        older[x] <= older[x] & ~fires;
      end
    end
  end

  // What waits where: first and second in the FIFO, batch, behind.
  logic [1:0]  count;
  logic [6:0] one, two;
  logic [3:0]  first, second, tardy, misplaced, disordered, wrong;
  logic [3:0] d_one, d_two, d_batch, d_now;
  assign count  = dut.write_at_q - dut.read_at_q;
  assign one    = dut.word[dut.read_at_q[0]];
  assign two    = dut.word[~dut.read_at_q[0]];
  assign first  = (count != 2'd0) ? 4'd1 << one[1:0] : 4'd0;
  assign second = (count == 2'd2) ? 4'd1 << two[1:0] : 4'd0;
  assign tardy  = (first & {4{one[6]}}) | (second & {4{two[6]}}) | (dut.batch_q & {4{dut.late_q}}) | dut.behind_q;
  for (genvar x = 0; x < 4; x++) begin : gen_place
    assign misplaced[x] = (3'(first[x]) + 3'(second[x]) + 3'(dut.batch_q[x]) + 3'(dut.behind_q[x])) != 3'(there[x]);
    // Spikes that leave behind x: later ones, those of its moment with a higher number, or both have the late stamp of a batch.
    logic [3:0] after, fine;
    for (genvar y = 0; y < 4; y++) begin : gen_other
      assign after[y] = (x != y) & ((first[x] & there[y]) | (second[x] & (dut.batch_q[y] | dut.behind_q[y])));
      assign fine[y] = older[y][x] | (tardy[x] & tardy[y] & ~dut.behind_q[y]) | (~tardy[x] & ~tardy[y] & (x < y) & ~older[x][y]);
    end
    logic [3:0] together;  // in the batch with it
    assign together = dut.batch_q & {4{dut.batch_q[x]}};
    assign disordered[x] = ((after & ~fine) != '0) | (dut.behind_q[x] & ((dut.batch_q & ~older[x]) != '0)) |
        (~dut.late_q & ((together & older[x]) != '0));
    assign wrong[x] = ((first[x] & ~one[6]) & (one[5:2] != came[x])) | ((second[x] & ~two[6]) & (two[5:2] != came[x])) |
        ((dut.batch_q[x] & ~dut.late_q) & (dut.stamp_q != came[x]));
  end
  assign d_one   = one[5:2] - last;
  assign d_two   = two[5:2] - last;
  assign d_batch = dut.stamp_q - last;
  assign d_now   = now_was - last;
  wire [3:0] rest = valid ? there & ~(4'd1 << neuron) : 4'd0;
  logic [3:0] overtaken;
  for (genvar y = 0; y < 4; y++) begin : gen_overtaken
    logic [3:0] y_older;
    assign y_older = older[y];
    assign overtaken[y] = rest[y] & ~(y_older[neuron[1:0]] | (late & tardy[y] & ~dut.behind_q[y]) |
        (~late & (neuron < 7'(y)) & ~older[neuron[1:0]][y]));
  end

  assign assume_time_goes_on = (now_i == now_was) | (now_i == now_was + 4'd1);
  assign assume_not_around = (now_i - last) >= d_now;
  assign p_nothing_lost = misplaced == '0;
  assign p_in_order = overtaken == '0;
  assign p_stamp_is_its_moment = ~valid | late | (stamp == came[neuron[1:0]]);
  assign p_stamps_rise = ~valid | ((stamp - last) <= (now_i - last));
  assign p_offered_at_once = valid | ((there & there_was) == '0);
  assign p_nothing_is_zero = valid | ({late, stamp, neuron} == '0);
  assign p_cleared = ~dropped_was | ~(valid | active);
  assign i_places = (count != 2'd3) & ((dut.behind_q == '0) | (dut.batch_q != '0));
  assign i_order = disordered == '0;
  assign i_moments = wrong == '0;
  assign i_rise = ((count == 2'd0) | (d_one <= d_now)) & ((count != 2'd2) | ((d_one <= d_two) & (d_two <= d_now))) &
      ((dut.batch_q == '0) | ((d_batch <= d_now) & ((count == 2'd0) | (d_one <= d_batch)) & ((count != 2'd2) | (d_two <= d_batch))));
  assign c_late = valid & late;
  assign c_full = (count == 2'd2) & (dut.batch_q != '0) & (dut.behind_q == '0);
  assign c_same_moment = valid & ~late & (neuron == 7'd2) & (last == stamp) & (stamp != '0);
endmodule
`default_nettype wire
