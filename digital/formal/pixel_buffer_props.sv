// Properties of pixel_buffer with twelve rows, a word and a half; latch_word as its readers see it.
`default_nettype none
module pixel_buffer_props (
    input wire clk_i, input wire rst_i, input wire clear_i, input wire write_i, input wire [31:0] data_i, input wire show_i,
    output wire p_shows_what_was_loaded, output wire p_shown_stays, output wire p_full_after_two_words, output wire p_full_until_shown,
    output wire p_nothing_taken_when_full, output wire p_shown_when_full_only,
    output wire i_at, output wire i_front, output wire i_back,
    output wire c_second_image, output wire c_loads_while_shown
);
  logic full, full_was, show_was, clear_was, rst_was, write_was, at_was, front_was, loaded_once, twice;
  logic [3:0][11:0] planes, planes_was;
  // what software has written: the image that loads and the one that was asked to be shown
  logic [63:0] back, front, back_next;
  logic at, took_q, took_at_q;
  pixel_buffer #(.Rows(12)) dut (
      .clk_i, .rst_i, .clear_i, .write_i, .write_data_i(data_i), .show_i, .full_o(full), .planes_o(planes));
  wire take = write_i & ~full & ~clear_i;
  wire take_data = write_i & ~full;
  // data comes a cycle after its write
  always_comb begin
    back_next = back;
    if (took_q) back_next[32*took_at_q +: 32] = data_i;
  end
  always_ff @(posedge clk_i) begin
    {full_was, show_was, clear_was, rst_was, write_was, at_was} <= {full, show_i, clear_i, rst_i, write_i, at};
    front_was <= dut.front_q;
    planes_was <= planes;
    took_q <= ~rst_i & take_data;
    took_at_q <= at;
    back <= back_next;
    if (rst_i) begin
      at <= 1'b0;
      loaded_once <= 1'b0;
      twice <= 1'b0;
    end else begin
      at <= ~clear_i & (at ^ take);
      if (show_i && full) begin
        front <= back_next;
        loaded_once <= 1'b1;
        twice <= loaded_once;
      end
    end
  end
  wire [3:0][11:0] wanted;
  for (genvar b = 0; b < 4; b++) begin : gen_plane
    for (genvar r = 0; r < 12; r++) begin : gen_row
      assign wanted[b][r] = front[4*r+b];
    end
  end
  assign p_shows_what_was_loaded = ~loaded_once | (planes == wanted);
  assign p_shown_stays = ~loaded_once | (show_was & full_was) | rst_was | (planes == planes_was);
  assign p_full_after_two_words = ~(full & ~full_was) | (write_was & at_was) | rst_was;
  assign p_full_until_shown = ~(full_was & ~full) | show_was | clear_was | rst_was;
  assign p_nothing_taken_when_full = ~full | ~dut.at_q;
  assign p_shown_when_full_only = (dut.front_q == front_was) | (show_was & full_was) | rst_was;
  assign i_at = dut.at_q == at;
  wire [63:0] dut_back = dut.pixels[~dut.front_q];
  wire [63:0] dut_front = dut.pixels[dut.front_q];
  assign i_front = ~loaded_once | (dut_front == front);
  assign i_back = (~(full | at) | (dut_back[31:0] == back_next[31:0])) & (~full | (dut_back[63:32] == back_next[63:32]));
  assign c_second_image = twice & (planes[0] == 12'hA5A);
  assign c_loads_while_shown = loaded_once & full & (planes[3] == 12'h00F);
endmodule
`default_nettype wire
