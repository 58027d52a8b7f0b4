// Digital part of a chip of two cores, its pins by name: the cores' sides and the pins of the ports are ports.
`default_nettype none

module two_cores_bench #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         wbs_cyc_i,
    input  wire         wbs_stb_i,
    input  wire         wbs_we_i,
    input  wire  [3:0]  wbs_sel_i,
    input  wire  [31:0] wbs_adr_i,
    input  wire  [31:0] wbs_dat_i,
    output logic        wbs_ack_o,
    output logic [31:0] wbs_dat_o,

    input  wire  [1:0][Neurons-1:0] spike_1v8_i,
    output logic [1:0][Neurons-1:0] discharge_1v8_o,
    output logic [1:0][Rows-1:0]    row_1v8_o,

    input  wire         in_req_i,
    input  wire  [7:0]  in_address_i,
    output logic        in_ack_o,
    output logic        out_req_o,
    output logic [6:0]  out_address_o,
    input  wire         out_ack_i,
    output logic [1:0]  irq_o
);

  logic [controller_pkg::IoWidth-1:0] io_in, io_out;
  logic                               irq_none;

  always_comb begin
    io_in = '0;
    io_in[controller_pkg::AerInReqPin]  = in_req_i;
    io_in[controller_pkg::AerOutAckPin] = out_ack_i;
    io_in[controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth] = in_address_i;
  end

  assign in_ack_o      = io_out[controller_pkg::AerInAckPin];
  assign out_req_o     = io_out[controller_pkg::AerOutReqPin];
  assign out_address_o = io_out[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth];

  two_cores #(
      .Rows   (Rows),
      .Columns(Columns),
      .Neurons(Neurons)
  ) u_two_cores (
      .wb_clk_i       (clk_i),
      .wb_rst_i       (rst_i),
      .wbs_cyc_i      (wbs_cyc_i),
      .wbs_stb_i      (wbs_stb_i),
      .wbs_we_i       (wbs_we_i),
      .wbs_sel_i      (wbs_sel_i),
      .wbs_adr_i      (wbs_adr_i),
      .wbs_dat_i      (wbs_dat_i),
      .wbs_ack_o      (wbs_ack_o),
      .wbs_dat_o      (wbs_dat_o),
      .io_in          (io_in),
      .io_out         (io_out),
      .user_irq       ({irq_none, irq_o}),
      .row_1v8_o      (row_1v8_o),
      .spike_1v8_i    (spike_1v8_i),
      .discharge_1v8_o(discharge_1v8_o),
      .adc_valid_1v8_i(2'b00),
      .adc_above_1v8_i(2'b00)
  );

endmodule

`default_nettype wire
