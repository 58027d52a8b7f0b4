// The harness as firmware sees it, around the whole chip: management core (VexRiscv), its memories, the registers that bring-up uses, and
// what a mode makes of a GPIO. Addresses are those of caravel_mgmt_soc_litex.
//
// It is faster than the harness: a word of flash takes one wait state, where the harness reads it through SPI into a cache, and the modes
// reach the GPIOs after as many cycles as they have bits. No board drives a pad: a pad that nobody drives is 0.
//
// Plusargs: rom, its words; report, the address of neusoc_bringup_report, and finished, that of its last word; faults of README.md.
`default_nettype none

module management #(
    parameter int unsigned RomWords = 4096,
    parameter int unsigned RamWords = 384
) (
    input  wire        clk_i,
    input  wire        rst_i,
    inout  wire        vdda1, vdda2, vssa1, vssa2, vccd1, vccd2, vssd1, vssd2,
    inout  wire [10:0] io_analog,
    output logic       done_o,     // the report is whole
    output logic [31:0] cycles_o,  // out of reset until then
    output logic [31:0] stray_o,   // accesses that nobody answers
    output logic [31:0] irqs_o     // rising edges of user_irq[0]
);

  localparam int unsigned Gpios = 38, UserIos = 27, FirstAbove = 14, AnalogPads = 11, ModeBits = 13;
  localparam int unsigned Managed = 0, OutputOff = 1, InputOff = 3, DriveLow = 10;
  localparam logic [2:0] Strong = 3'd6, WeakHigh = 3'd2, WeakLow = 3'd3;
  localparam logic [12:0] PowerUp = 13'h0403;  // the management core's input: what firmware has to change
  localparam int unsigned Irq = 2;

  // --- faults
  logic [31:0] read_word, read_flip, stuck_word, stuck_mask, lost_address;
  integer      swap_a, swap_b;
  logic        dead_irq, no_transfer;
  string       rom_file;
  logic [31:0] finished_at;
  initial begin
    read_word = '1; read_flip = '0; stuck_word = '1; stuck_mask = '0; lost_address = '0; swap_a = -1; swap_b = -1;
    void'($value$plusargs("read_word=%h", read_word));
    void'($value$plusargs("read_flip=%h", read_flip));
    void'($value$plusargs("stuck_word=%h", stuck_word));
    void'($value$plusargs("stuck_mask=%h", stuck_mask));
    void'($value$plusargs("lost_address=%h", lost_address));
    void'($value$plusargs("swap_a=%d", swap_a));
    void'($value$plusargs("swap_b=%d", swap_b));
    dead_irq = $test$plusargs("dead_irq") != 0;
    no_transfer = $test$plusargs("no_transfer") != 0;
    if (!$value$plusargs("finished=%h", finished_at) || !$value$plusargs("rom=%s", rom_file)) $fatal(1, "+rom and +finished are wanted");
    $readmemh(rom_file, rom);
  end

  // --- core
  logic        i_cyc, i_stb, i_ack, d_cyc, d_stb, d_we, d_ack;
  logic [29:0] i_adr, d_adr;
  logic [31:0] i_data, d_data, d_out;
  logic [3:0]  d_sel;
  logic        irq_pending, irq_enable, irq_open, wishbone_open, irq_q;
  wire  [2:0]  user_irq;
  wire         irq_line = user_irq[0] & ~dead_irq & irq_open;

  VexRiscv u_cpu (
      .externalResetVector(32'h1000_0000), .timerInterrupt(1'b0), .softwareInterrupt(1'b0),
      .externalInterruptArray({29'd0, irq_pending & irq_enable, 2'd0}),
      .iBusWishbone_CYC(i_cyc), .iBusWishbone_STB(i_stb), .iBusWishbone_ACK(i_ack), .iBusWishbone_WE(), .iBusWishbone_ADR(i_adr),
      .iBusWishbone_DAT_MISO(i_data), .iBusWishbone_DAT_MOSI(), .iBusWishbone_SEL(), .iBusWishbone_ERR(1'b0), .iBusWishbone_CTI(),
      .iBusWishbone_BTE(),
      .dBusWishbone_CYC(d_cyc), .dBusWishbone_STB(d_stb), .dBusWishbone_ACK(d_ack), .dBusWishbone_WE(d_we), .dBusWishbone_ADR(d_adr),
      .dBusWishbone_DAT_MISO(d_data), .dBusWishbone_DAT_MOSI(d_out), .dBusWishbone_SEL(d_sel), .dBusWishbone_ERR(1'b0),
      .dBusWishbone_CTI(), .dBusWishbone_BTE(),
      .clk(clk_i), .reset(rst_i)
  );

  // --- memories
  logic [31:0] rom [RomWords];
  logic [31:0] ram [RamWords];

  always_ff @(posedge clk_i) begin
    i_ack  <= ~rst_i & i_cyc & i_stb & ~i_ack;
    i_data <= rom[i_adr[$clog2(RomWords)-1:0]];
  end

  wire [31:0] address = {d_adr, 2'b00};
  wire        asked = d_cyc & d_stb;
  wire        at_ram = address < 32'(4 * RamWords);
  wire        at_rom = address[31:24] == 8'h10 && address[23:0] < 24'(4 * RomWords);
  wire        at_housekeeping = address[31:12] == 20'h26000;
  wire        at_csr = address[31:16] == 16'hF000;
  wire        at_user = address[31:28] == 4'h3 & wishbone_open;
  wire        at_none = ~(at_ram | at_rom | at_housekeeping | at_csr | at_user);

  // --- GPIOs: modes as written, and as the pads have them
  logic [12:0]      mode [Gpios];
  logic [12:0]      active [Gpios];
  logic [Gpios-1:0] driven, pad, seen;
  logic [9:0]       transfer;
  wire [5:0]        which = 6'((address[7:0] - 8'h24) >> 2);
  wire [UserIos-1:0] io_out, io_oeb;
  logic [UserIos-1:0] io_in;

  function automatic int gpio_of(int io);
    int wired;
    wired = io < int'(FirstAbove) ? io : io + int'(AnalogPads);
    if (wired == swap_a) return swap_b;
    if (wired == swap_b) return swap_a;
    return wired;
  endfunction

  logic [Gpios-1:0] user_out, user_off;
  always_comb begin
    user_out = '0;
    user_off = '1;
    for (int io = 0; io < int'(UserIos); io++) begin
      user_out[gpio_of(io)] = io_out[io];
      user_off[gpio_of(io)] = io_oeb[io];
    end
    for (int g = 0; g < int'(Gpios); g++) begin
      pad[g] = 1'b0;
      // a weak level is the pad's where nothing else drives it, as here
      if (active[g][DriveLow+:3] == Strong || active[g][DriveLow+:3] == WeakHigh || active[g][DriveLow+:3] == WeakLow) begin
        if (active[g][Managed]) pad[g] = ~active[g][OutputOff] & driven[g];
        else pad[g] = ~user_off[g] & user_out[g];
      end
      seen[g] = pad[g] & ~active[g][InputOff];
    end
    for (int io = 0; io < int'(UserIos); io++) io_in[io] = seen[gpio_of(io)];
  end

  // --- accesses of data
  logic [31:0] user_data;
  wire         user_ack;
  wire  [31:0] user_address = address & ~lost_address;
  wire         strobe = asked & at_user & ~rst_i;
  wire  [31:0] user_out_data = user_address[7:0] == stuck_word[7:0] ? d_out & ~stuck_mask : d_out;
  logic        own_ack;
  logic [31:0] own_data;

  assign d_ack  = at_user ? user_ack : own_ack;
  assign d_data = at_user ? (user_address[7:0] == read_word[7:0] ? user_data ^ read_flip : user_data) : own_data;

  always_ff @(posedge clk_i) begin
    irq_q <= irq_line;
    own_ack <= ~rst_i & asked & ~at_user & ~own_ack;
    if (|transfer) transfer <= transfer - 10'd1;
    if (transfer == 10'd1) for (int g = 0; g < int'(Gpios); g++) active[g] <= mode[g];
    if (irq_line & ~irq_q) begin
      irq_pending <= 1'b1;
      irqs_o <= irqs_o + 32'd1;
    end
    if (asked & ~at_user & ~own_ack) begin
      own_data <= '0;
      if (at_none) stray_o <= stray_o + 32'd1;
      if (at_rom) own_data <= rom[address[2+:$clog2(RomWords)]];
      if (at_ram) begin
        own_data <= ram[address[2+:$clog2(RamWords)]];
        if (d_we) for (int b = 0; b < 4; b++) if (d_sel[b]) ram[address[2+:$clog2(RamWords)]][8*b+:8] <= d_out[8*b+:8];
        if (d_we && address == finished_at && |d_out && d_out != 32'h5A5A5A5A) done_o <= 1'b1;
      end
      if (at_housekeeping) begin
        unique case (address[11:0])
          12'h000: own_data <= {31'd0, |transfer};
          12'h00C: own_data <= seen[31:0];
          12'h010: own_data <= {26'd0, seen[37:32]};
          default: if (address[11:0] >= 12'h024 && which < 6'(Gpios)) own_data <= {19'd0, mode[which]};
        endcase
        if (d_we) begin
          if (address[11:0] == 12'h000 && d_out[0] && !no_transfer) transfer <= 10'(ModeBits * Gpios);
          if (address[11:0] == 12'h000 && d_out[0] && no_transfer) transfer <= '1;
          if (address[11:0] == 12'h00C) driven[31:0] <= d_out;
          if (address[11:0] == 12'h010) driven[37:32] <= d_out[5:0];
          if (address[11:0] >= 12'h024 && which < 6'(Gpios)) mode[which] <= d_out[12:0];
        end
      end
      if (at_csr) begin
        unique case (address[15:0])
          16'h3800: own_data <= {31'd0, wishbone_open};
          16'h6810: own_data <= {31'd0, irq_pending};
          16'h6814: own_data <= {31'd0, irq_enable};
          16'h9800: own_data <= {31'd0, irq_open};
          default: own_data <= '0;
        endcase
        if (d_we) begin
          if (address[15:0] == 16'h3800) wishbone_open <= d_out[0];
          if (address[15:0] == 16'h6810 && d_out[0]) irq_pending <= 1'b0;
          if (address[15:0] == 16'h6814) irq_enable <= d_out[0];
          if (address[15:0] == 16'h9800) irq_open <= d_out[0];
        end
      end
    end
    if (~done_o & ~rst_i) cycles_o <= cycles_o + 32'd1;
    if (no_transfer & |transfer) transfer <= transfer;
    if (rst_i) begin
      {irq_pending, irq_enable, irq_open, wishbone_open, done_o} <= '0;
      {cycles_o, stray_o, irqs_o} <= '0;
      transfer <= '0;
      driven <= '0;
      for (int g = 0; g < int'(Gpios); g++) begin
        mode[g] <= PowerUp;
        active[g] <= PowerUp;
      end
    end
  end

  // --- the chip
  user_analog_project_wrapper u_chip (
      .vdda1(vdda1), .vdda2(vdda2), .vssa1(vssa1), .vssa2(vssa2), .vccd1(vccd1), .vccd2(vccd2), .vssd1(vssd1), .vssd2(vssd2),
      .gpio_analog(), .gpio_noesd(), .io_analog(io_analog), .io_clamp_high(), .io_clamp_low(),
      .io_in(io_in), .io_in_3v3('0), .io_oeb(io_oeb), .io_out(io_out),
      .la_data_in('0), .la_data_out(), .la_oenb('1), .user_clock2(1'b0), .user_irq(user_irq),
      .wb_clk_i(clk_i), .wb_rst_i(rst_i),
      .wbs_ack_o(user_ack), .wbs_adr_i(user_address), .wbs_cyc_i(strobe), .wbs_dat_i(user_out_data), .wbs_dat_o(user_data),
      .wbs_sel_i(d_sel), .wbs_stb_i(strobe), .wbs_we_i(d_we)
  );

endmodule

`default_nettype wire
