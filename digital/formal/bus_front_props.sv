// Properties of bus_front with its SPI slave, whatever master, pins and registers do: no access is lost, none is done twice, none waits long,
// and a frame that is not whole writes nothing. The registers are any that acknowledge each access, after Longest cycles at the latest.
`default_nettype none
module bus_front_props (
    input wire clk_i, input wire rst_i, input wire cyc_i, input wire stb_i, input wire we_i, input wire [3:0] sel_i, input wire [31:0] adr_i,
    input wire [31:0] dat_i, input wire sck_i, input wire select_n_i, input wire data_i, input wire slow_i, input wire [31:0] answer_i,
    output wire p_one_owner, output wire p_wishbone_as_alone, output wire p_wishbone_ack_is_its_own, output wire p_wishbone_not_interrupted,
    output wire p_wishbone_bounded, output wire p_spi_bounded, output wire p_spi_once, output wire p_spi_holds_still,
    output wire p_write_of_whole_frame, output wire p_read_of_command, output wire p_bad_is_told, output wire p_drives_in_read_alone,
    output wire p_answers_what_was_read, output wire p_answer_has_its_check_sum, output wire p_nothing_before_select,
    output wire i_age, output wire i_wait, output wire i_request, output wire i_count, output wire i_frame, output wire i_wrong, output wire i_sent,
    output wire i_command, output wire i_write, output wire i_word, output wire i_sum, output wire i_sum_sent, output wire i_pending, output wire i_answer, output wire i_drive,
    output wire c_frame, output wire c_wishbone
);
  controller_pkg::bus_t bus;
  logic ack, wbs_ack, drive, bad, busy, data_out;
  bus_front dut (
      .clk_i, .rst_i, .wbs_cyc_i(cyc_i), .wbs_stb_i(stb_i), .wbs_we_i(we_i), .wbs_sel_i(sel_i), .wbs_adr_i(adr_i), .wbs_dat_i(dat_i),
      .wbs_ack_o(wbs_ack), .spi_sck_i(sck_i), .spi_select_n_i(select_n_i), .spi_data_i(data_i), .spi_data_o(data_out), .spi_drive_o(drive),
      .spi_bad_o(bad), .spi_busy_o(busy), .bus_o(bus), .bus_ack_i(ack), .bus_dat_i(answer_i));

  // Registers.
  localparam logic [2:0] Longest = 3'd5;
  logic [2:0] age_q;
  logic       asked, ack_q;
  assign asked = bus.cyc & bus.stb;
  always_ff @(posedge clk_i) begin
    ack_q <= ~rst_i & asked & ~ack_q & ((age_q == Longest - 3'd1) | ((age_q != 3'd0) & ~slow_i));
    age_q <= (rst_i | ~asked | ack_q) ? 3'd0 : age_q + 3'd1;
  end
  assign ack = ack_q;

  function automatic logic [7:0] next(input logic [7:0] sum, input logic bit_i);
    return (sum[7] != bit_i) ? {sum[6:0], 1'b0} ^ 8'b0000_0111 : {sum[6:0], 1'b0};
  endfunction

  // The frame, by a second look at the synchronised pins.
  logic        seen_q, active_q, sck_q, dirty_q, selected, rises, reads, zeros, whole_write, whole_read;
  logic [6:0]  bits_q;
  logic [7:0]  sum_q, told_q;
  logic        right_q, last_q, falls, sends;
  logic [15:0] sent_q;
  logic [31:0] data_q, answer_q;
  assign selected      = seen_q & ~dut.select_n;
  assign rises       = selected & active_q & dut.sck & ~sck_q;
  assign falls       = selected & active_q & ~dut.sck & sck_q;
  assign reads       = rises & (bits_q == 7'd23) & zeros & ~sent_q[15] & (next(sum_q, dut.data) == 8'd0);
  assign sends       = falls & zeros & ~sent_q[15] & right_q & (bits_q >= 7'd32) & ~dut.request;
  assign zeros       = ~dirty_q & (sent_q[14:12] == 3'd0);
  assign whole_write = zeros & sent_q[15] & (bits_q == 7'd56) & (sum_q == 8'd0);
  assign whole_read  = zeros & ~sent_q[15] & (bits_q == 7'd72) & right_q;
  always_ff @(posedge clk_i) begin
    seen_q   <= ~rst_i & (seen_q | dut.select_n);
    active_q <= ~rst_i & selected;
    sck_q    <= ~rst_i & selected & dut.sck;
    if (rst_i || (selected && !active_q)) begin
      bits_q  <= 7'd0;
      dirty_q <= 1'b0;
      sum_q   <= 8'hFF;
      right_q <= 1'b0;
    end else if (rises) begin
      if (bits_q != 7'd127) bits_q <= bits_q + 7'd1;
      if (bits_q < 7'd16) sent_q <= {sent_q[14:0], dut.data};
      if (bits_q < 7'd16 && dut.request) dirty_q <= 1'b1;
      if (bits_q < 7'd48) data_q <= {data_q[30:0], dut.data};
      if (bits_q < 7'd24 || sent_q[15]) sum_q <= next(sum_q, dut.data);
      if (bits_q == 7'd23) right_q <= reads;
    end
    // The answer's check sum, bit by bit with the answer.
    if (reads) told_q <= 8'hFF;
    else if (sends) {last_q, told_q} <= (bits_q < 7'd64) ? {1'b0, next(told_q, answer_q[5'(7'd63 - bits_q)])} : {told_q, 1'b0};
    if (bus.spi && ack && !bus.we) answer_q <= answer_i;
  end

  // What the cycle before was.
  logic live, live_q, spi_was, ack_was, asks_was, request_was, ends_was, reads_was, done_was;
  controller_pkg::bus_t bus_was;
  logic [31:0] word_was;
  logic [2:0]  wishbone_q, wait_q, spi_q;
  always_ff @(posedge clk_i) begin
    live_q      <= ~rst_i;
    spi_was     <= bus.spi;
    ack_was     <= ack;
    asks_was    <= cyc_i & stb_i;
    bus_was     <= bus;
    word_was    <= dut.word;
    request_was <= dut.request;
    ends_was    <= active_q & ~selected;
    reads_was   <= reads;
    done_was    <= bus.spi & ack;
    wishbone_q  <= (rst_i | bus.spi | ~(cyc_i & stb_i) | ack) ? 3'd0 : wishbone_q + 3'd1;
    wait_q      <= (rst_i | ~dut.request | bus.spi) ? 3'd0 : wait_q + 3'd1;
    spi_q       <= (rst_i | ~bus.spi) ? 3'd0 : spi_q + 3'd1;
  end
  assign live = live_q & ~rst_i;

  assign p_one_owner = ~(bus.spi & wbs_ack);
  assign p_wishbone_as_alone = bus.spi | ((bus.cyc == cyc_i) & (bus.stb == stb_i) & (bus.we == we_i) & (bus.sel == sel_i) &
      (bus.adr == adr_i) & (bus.dat == dat_i) & (wbs_ack == ack));
  assign p_wishbone_ack_is_its_own = ~wbs_ack | (~spi_was & asks_was);
  // An access of Wishbone's that has begun keeps the bus until its acknowledge, or until its master takes it away.
  assign p_wishbone_not_interrupted = ~live | ~bus.spi | spi_was | ~asks_was | ack_was;
  assign p_wishbone_bounded = wishbone_q <= Longest;
  assign p_spi_bounded = (wait_q <= Longest + 3'd1) & (~bus.spi | (spi_q <= Longest));
  // Asked for until it is done, and then not again without a frame; on the bus only while it is asked for.
  assign p_spi_once = ~live | ((~request_was | done_was | dut.request) & (~done_was | (~dut.request & ~bus.spi)) & (~bus.spi | dut.request));
  assign p_spi_holds_still = ~live | ((~(bus.spi & spi_was) | ((bus.we == bus_was.we) & (bus.adr == bus_was.adr) & asked & (bus.sel == '1))) &
      (~(dut.request & request_was & dut.write) | (dut.word == word_was)));
  assign p_write_of_whole_frame = ~live | ~(dut.request & ~request_was & dut.write) |
      (ends_was & whole_write & (dut.address == sent_q[11:0]) & (dut.word == data_q));
  assign p_read_of_command = ~live | ~(dut.request & ~request_was & ~dut.write) | (reads_was & (dut.address == sent_q[11:0]));
  assign p_bad_is_told = rst_i | ((bad | ~(active_q & ~selected) | whole_write | whole_read) & ~(bad & (whole_write | selected | ~active_q)));
  assign p_drives_in_read_alone = ~drive | (zeros & ~sent_q[15] & right_q & (bits_q >= 7'd32));
  assign p_answers_what_was_read = ~(rises & drive & ~dut.u_spi.wrong_q & (bits_q < 7'd64)) | (data_out == answer_q[5'(7'd63 - bits_q)]);
  assign p_answer_has_its_check_sum = ~(rises & drive & ~dut.u_spi.wrong_q & (bits_q >= 7'd64) & (bits_q < 7'd72)) | (data_out == last_q);
  assign p_nothing_before_select = seen_q | (~dut.request & ~bus.spi & ~drive);

  assign i_age = (age_q < Longest) | (ack_q & (age_q == Longest));
  assign i_wait = (~bus.spi | (spi_q == age_q)) & (bus.spi | ((wishbone_q == age_q) & (wait_q <= age_q)));
  assign i_request = ~bus.spi | dut.request;
  assign i_count = dut.u_spi.count_q == bits_q;
  assign i_frame = (dut.u_spi.active_q == active_q) & (dut.u_spi.sck_q == sck_q) & (dut.u_spi.seen_q == seen_q) & (~sck_q | active_q) &
      (~active_q | seen_q);
  assign i_wrong = (~dirty_q | dut.u_spi.wrong_q) & ((bits_q >= 7'd16) | (dut.u_spi.wrong_q == dirty_q)) &
      ((bits_q < 7'd16) | (bits_q >= 7'd24) | (dut.u_spi.wrong_q == ~zeros)) & ((bits_q < 7'd24) | ~zeros | sent_q[15] | right_q | dut.u_spi.wrong_q);
  assign i_sent = (bits_q > 7'd16) | (((sent_q ^ data_q[15:0]) << (7'd16 - bits_q)) == 16'd0);
  assign i_command = ~(zeros & (bits_q >= 7'd16)) | ((dut.write == sent_q[15]) & (dut.address == sent_q[11:0]) & (~sent_q[15] | ~dut.u_spi.wrong_q));
  assign i_write = dut.u_spi.wrong_q | (bits_q < 7'd16) | (zeros & (~(dut.request & dut.write) | ~active_q));
  // The last bits that came, as many as there are of this frame; sent_q is the first of them.
  assign i_word = dut.u_spi.wrong_q | ~(active_q | ends_was) | (dut.request & ~dut.write) | ((bits_q >= 7'd16) & ~sent_q[15]) |
      (((dut.word ^ data_q) << ((bits_q < 7'd32) ? 7'd32 - bits_q : 7'd0)) == 32'd0);
  assign i_sum = dut.u_spi.wrong_q | ~(active_q | ends_was) | ((bits_q >= 7'd24) & ~sent_q[15]) | (dut.u_spi.sum_q == sum_q);
  assign i_pending = ~(active_q & dut.request & ~dut.u_spi.wrong_q) | (bits_q == 7'd0) |
      ((bits_q >= 7'd24) & ((bits_q < 7'd32) | ((bits_q == 7'd32) & sck_q)));
  logic [6:0] shifts;
  assign shifts = (bits_q < 7'd32) ? 7'd0 : sck_q ? bits_q - 7'd32 : bits_q - 7'd31;
  assign i_answer = dut.u_spi.wrong_q | ~active_q | dut.request | ~zeros | sent_q[15] | (bits_q < 7'd24) | (bits_q > 7'd64) |
      ((dut.word == (answer_q << shifts)) & ((shifts == 7'd0) | (shifts > 7'd32) | (data_out == answer_q[5'(7'd32 - shifts)])));
  assign i_sum_sent = dut.u_spi.wrong_q | ~active_q | ~zeros | sent_q[15] | (bits_q < 7'd24) | (bits_q > 7'd72) |
      ((dut.u_spi.sum_q == told_q) & ((shifts <= 7'd32) | (data_out == last_q)));
  assign i_drive = ~drive | (active_q & zeros & ~sent_q[15] & right_q & (bits_q >= 7'd32));
  assign c_frame = ~dirty_q & (bits_q == 7'd2);
  assign c_wishbone = wbs_ack & active_q;
  logic unused;
  assign unused = &{1'b0, busy};
endmodule
`default_nettype wire
