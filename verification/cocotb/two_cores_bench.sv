// Two controllers and the event router on one bus, as a wrapper would hold them: the cores' sides and the pins of the ports are ports.
//
// Each controller decodes the window of the first; the second's accesses are moved there by its place, 0x1000. The router's window is behind.
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
    input  wire         out_ack_i
);

  localparam logic [31:0] Window = 32'h1000;

  logic [2:0]       ack;
  logic [2:0][31:0] data;
  logic [1:0]       spike_req, spike_ack, row_req, row_ack;
  logic [1:0][6:0]  spike_neuron, row_address;

  for (genvar k = 0; k < 2; k++) begin : gen_core
    logic [controller_pkg::IoWidth-1:0] io_in, io_out;

    always_comb begin
      io_in = '0;
      io_in[controller_pkg::AerInReqPin] = row_req[k];
      io_in[controller_pkg::AerOutAckPin] = spike_ack[k];
      io_in[controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth] = {1'b0, row_address[k]};
    end
    assign row_ack[k]      = io_out[controller_pkg::AerInAckPin];
    assign spike_req[k]    = io_out[controller_pkg::AerOutReqPin];
    assign spike_neuron[k] = io_out[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth];

    controller #(
        .Rows   (Rows),
        .Columns(Columns),
        .Neurons(Neurons)
    ) u_controller (
        .wb_clk_i       (clk_i),
        .wb_rst_i       (rst_i),
        .wbs_cyc_i      (wbs_cyc_i),
        .wbs_stb_i      (wbs_stb_i & (wbs_adr_i[13:12] == 2'(k))),
        .wbs_we_i       (wbs_we_i),
        .wbs_sel_i      (wbs_sel_i),
        .wbs_adr_i      (wbs_adr_i - Window * k),
        .wbs_dat_i      (wbs_dat_i),
        .wbs_ack_o      (ack[k]),
        .wbs_dat_o      (data[k]),
        .io_in          (io_in),
        .io_out         (io_out),
        .row_1v8_o      (row_1v8_o[k]),
        .spike_1v8_i    (spike_1v8_i[k]),
        .discharge_1v8_o(discharge_1v8_o[k]),
        .adc_valid_1v8_i(1'b0),
        .adc_above_1v8_i(1'b0)
    );
  end

  event_router #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_router (
      .clk_i         (clk_i),
      .rst_i         (rst_i),
      .wbs_cyc_i     (wbs_cyc_i),
      .wbs_stb_i     (wbs_stb_i & (wbs_adr_i[13:12] == 2'd2)),
      .wbs_we_i      (wbs_we_i),
      .wbs_sel_i     (wbs_sel_i),
      .wbs_adr_i     (wbs_adr_i),
      .wbs_dat_i     (wbs_dat_i),
      .wbs_ack_o     (ack[2]),
      .wbs_dat_o     (data[2]),
      .spike_req_i   (spike_req),
      .spike_neuron_i(spike_neuron),
      .spike_ack_o   (spike_ack),
      .row_req_o     (row_req),
      .row_address_o (row_address),
      .row_ack_i     (row_ack),
      .in_req_i      (in_req_i),
      .in_address_i  (in_address_i),
      .in_ack_o      (in_ack_o),
      .out_req_o     (out_req_o),
      .out_address_o (out_address_o),
      .out_ack_i     (out_ack_i)
  );

  assign wbs_ack_o = |ack;
  assign wbs_dat_o = data[0] | data[1] | data[2];

endmodule

`default_nettype wire
