// Before the registers: Wishbone and the SPI port, one access at a time. Wishbone has the bus unless an SPI frame asks for it; that waits for
// the end of the Wishbone access that runs, is served next, and gives the bus back: a master that never pauses waits for one access, and
// SPI for one. Alone, Wishbone goes through as if there were no SPI port.
`default_nettype none

module bus_front (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         wbs_cyc_i,
    input  wire         wbs_stb_i,
    input  wire         wbs_we_i,
    input  wire  [3:0]  wbs_sel_i,
    input  wire  [31:0] wbs_adr_i,
    input  wire  [31:0] wbs_dat_i,
    output logic        wbs_ack_o,
    input  wire         spi_sck_i,      // asynchronous, as the next two
    input  wire         spi_select_n_i,
    input  wire         spi_data_i,
    output logic        spi_data_o,
    output logic        spi_drive_o,
    output logic        spi_bad_o,
    output logic        spi_busy_o,
    output controller_pkg::bus_t bus_o,
    input  wire         bus_ack_i,
    input  wire  [31:0] bus_dat_i
);

  logic        sck, select_n, data, request, write, spi_q;
  logic [11:0] address;
  logic [31:0] word;

  synchronizer #(
      .Width(3)
  ) u_synchronizer (
      .clk_i  (clk_i), .rst_i(rst_i),
      .async_i({spi_sck_i, spi_select_n_i, spi_data_i}),
      .sync_o ({sck, select_n, data})
  );

  spi_slave u_spi (
      .clk_i     (clk_i), .rst_i(rst_i),
      .sck_i     (sck), .select_n_i(select_n), .data_i(data),
      .data_o    (spi_data_o),
      .drive_o   (spi_drive_o),
      .request_o (request),
      .write_o   (write),
      .address_o (address),
      .word_o    (word),
      .done_i    (spi_q & bus_ack_i),
      .word_i    (bus_dat_i),
      .busy_o    (spi_busy_o),
      .bad_o     (spi_bad_o)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      spi_q <= 1'b0;
    end else if (spi_q) begin
      spi_q <= ~bus_ack_i;
    end else begin
      spi_q <= request & (~(wbs_cyc_i & wbs_stb_i) | bus_ack_i);
    end
  end

  assign bus_o.cyc = spi_q | wbs_cyc_i;
  assign bus_o.stb = spi_q | wbs_stb_i;
  assign bus_o.we  = spi_q ? write : wbs_we_i;
  assign bus_o.sel = {4{spi_q}} | wbs_sel_i;
  assign bus_o.adr = spi_q ? {controller_map::Base[31:12], address} : wbs_adr_i;
  assign bus_o.dat = spi_q ? word : wbs_dat_i;
  assign bus_o.spi = spi_q;
  assign wbs_ack_o = bus_ack_i & ~spi_q;

endmodule

`default_nettype wire
