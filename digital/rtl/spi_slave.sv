// SPI slave, mode 0, most significant bit first, on three wires: clock, select (active low), data, which turns round within a frame. All are
// sampled by clk_i; SCK is at most an eighth of it (docs/02-chip/controller.md).
//
//   write  16 bits of command, 32 of data, 8 of check sum                           done when select rises, and only then
//   read   16 bits of command, 8 of check sum, 8 in which the line turns, from here
//          32 of data and 8 of check sum                                            asked for behind the first check sum
//
// Command: 1 = write, 3 bits of 0, 12 bits of address. Check sum: CRC-8, x^8 + x^2 + x + 1 from 0xFF, of all bits of the same end before it.
// A frame of any other length, with other bits or another check sum, or that begins while the access of the one before still waits, is
// bad: it writes and reads nothing and is told. Until select has been seen high after a reset nothing counts as a frame.
`default_nettype none

module spi_slave (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         sck_i,       // synchronised
    input  wire         select_n_i,
    input  wire         data_i,
    output logic        data_o,
    output logic        drive_o,     // the line is the slave's
    output logic        request_o,   // until done_i, with what follows
    output logic        write_o,
    output logic [11:0] address_o,
    output logic [31:0] word_o,
    input  wire         done_i,
    input  wire  [31:0] word_i,      // with done_i
    output logic        busy_o,      // a frame or an access is under way
    output logic        bad_o        // one cycle
);

  localparam logic [6:0] Command = 7'd16, Checked = 7'd24, Turned = 7'd32, Data = 7'd48, WriteEnd = 7'd56, Answered = 7'd64, ReadEnd = 7'd72;

  logic        clk, seen_q, active, active_q, sck_q, rise, fall, ends, whole, early, answers;
  logic        wrong_q, write_q, request_q, data_q, drive_q;
  logic [6:0]  count_q;
  logic [7:0]  sum_q, sum;  // check sum, 0 behind itself; sum: with the next bit
  logic [11:0] address_q;
  logic [31:0] word_q;

  assign active = seen_q & ~select_n_i;
  assign rise   = active & active_q & sck_i & ~sck_q;
  assign fall   = active & active_q & ~sck_i & sck_q;
  assign ends   = active_q & ~active;
  assign whole  = ~wrong_q & (count_q == (write_q ? WriteEnd : ReadEnd)) & (sum_q == '0 || !write_q);
  assign early  = request_q & (count_q < Command);
  assign sum    = {sum_q[6:0], 1'b0} ^ (8'h07 & {8{sum_q[7] ^ (answers ? word_q[31] : data_i)}});
  assign answers = fall & ~write_q & ~wrong_q & (count_q >= Turned);

  clock_gate u_clock (
      .clk_i   (clk_i),
      .enable_i(rst_i | busy_o | (select_n_i & ~seen_q)),
      .clk_o   (clk)
  );

  always_ff @(posedge clk) begin
    if (rst_i) begin
      seen_q    <= 1'b0;
      active_q  <= 1'b0;
      sck_q     <= 1'b0;
      count_q   <= '0;
      sum_q     <= '1;
      wrong_q   <= 1'b0;
      write_q   <= 1'b0;
      request_q <= 1'b0;
      address_q <= '0;
      word_q    <= '0;
      data_q    <= 1'b0;
    end else begin
      if (select_n_i) seen_q <= 1'b1;
      active_q <= active;
      sck_q    <= active & sck_i;
      if (done_i) request_q <= 1'b0;
      if (done_i && !write_q) word_q <= word_i;
      if (active && !active_q) begin
        count_q <= '0;
        sum_q   <= '1;
        wrong_q <= 1'b0;
      end else if (rise) begin
        if (count_q != '1) count_q <= count_q + 7'd1;
        if (count_q < Checked || write_q) sum_q <= sum;
        if (early) wrong_q <= 1'b1;
        else if (!wrong_q && (count_q < Command || (write_q && count_q < Data))) word_q <= {word_q[30:0], data_i};
        if (count_q == Command - 7'd1 && !wrong_q && !early) begin
          {write_q, address_q} <= {word_q[14], word_q[10:0], data_i};
          wrong_q <= word_q[13:11] != '0;
        end
        if (count_q == Checked - 7'd1 && !write_q && !wrong_q) begin
          if (sum == '0) request_q <= 1'b1;
          wrong_q <= sum != '0;
          sum_q   <= '1;
        end
      end else if (answers) begin
        // The answer has been there for long: the bus is bounded.
        if (request_q) wrong_q <= 1'b1;
        data_q <= (count_q < Answered) ? word_q[31] : sum_q[7];
        sum_q  <= (count_q < Answered) ? sum : sum_q << 1;
        word_q <= word_q << 1;
      end
      if (ends) begin
        data_q <= 1'b0;
        if (whole && write_q) request_q <= 1'b1;
      end
    end
  end

  // The line may have another driver: reset lets go of it also before the clock runs.
  always_ff @(posedge clk or posedge rst_i) begin
    if (rst_i) drive_q <= 1'b0;
    else drive_q <= ~ends & (drive_q | answers);
  end

  assign data_o    = data_q;
  assign drive_o   = drive_q;
  assign request_o = request_q;
  assign write_o   = write_q;
  assign address_o = address_q;
  assign word_o    = word_q;
  assign busy_o    = active | active_q | request_q;
  assign bad_o     = ends & ~whole;

endmodule

`default_nettype wire
