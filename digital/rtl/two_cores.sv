// Digital part of a chip of two cores: two controllers and the event router between their ports, on one bus and at the pins of one chip.
//
//   offset of the bus    0x0000 core 0    0x1000 core 1    0x2000 router
//
// Each controller knows the addresses of the first; the second's accesses are moved there. Whatever else the harness asks, one of the three
// answers and refuses: no access is left without an acknowledge.
//
// The ports of both controllers are at the router, the pins of the chip are the router's: the same pins as those of a chip of one core.
`default_nettype none

module two_cores #(
    parameter int unsigned Rows = 64,     // of a core, as of the router
    parameter int unsigned Columns = 64,
    parameter int unsigned Neurons = 32
) (
`ifdef USE_POWER_PINS
    inout  wire                vccd1,
    inout  wire                vssd1,
`endif
    input  wire                wb_clk_i,
    input  wire                wb_rst_i,
    input  wire                wbs_cyc_i,
    input  wire                wbs_stb_i,
    input  wire                wbs_we_i,
    input  wire  [3:0]         wbs_sel_i,
    input  wire  [31:0]        wbs_adr_i,
    input  wire  [31:0]        wbs_dat_i,
    output logic               wbs_ack_o,
    output logic [31:0]        wbs_dat_o,

    input  wire  [controller_pkg::IoWidth-1:0] io_in,
    output logic [controller_pkg::IoWidth-1:0] io_out,
    output logic [controller_pkg::IoWidth-1:0] io_oeb,
    output logic [127:0]       la_data_out,
    output logic [2:0]         user_irq,    // of core 0, of core 1

    // As the ports of a controller: of core 0 in the lower half.
    output logic [1:0][Rows-1:0]          row_1v8_o,
    output logic [1:0]                    wake_1v8_o,
    output logic [1:0]                    integ_1v8_o,
    output logic [1:0][2:0]               ratio_b_1v8_o,
    output logic [1:0]                    hold_1v8_o,
    input  wire  [1:0][Neurons-1:0]       spike_1v8_i,
    output logic [1:0][Neurons-1:0]       discharge_1v8_o,
    output logic [1:0][Neurons-1:0]       fire_1v8_o,
    output logic [1:0]                    phi_1_1v8_o,
    output logic [1:0]                    phi_2_1v8_o,
    output logic [1:0][2:0]               trim_1v8_o,
    output logic [1:0][4:0]               pair_1v8_o,
    output logic [1:0]                    test_1v8_o,
    output logic [1:0]                    config_1v8_o,
    output logic [1:0][Columns-1:0]       col_1v8_o,
    output logic [1:0]                    sel_program_1v8_o,
    output logic [1:0]                    sel_sense_1v8_o,
    output logic [1:0]                    sel_ground_1v8_o,
    output logic [1:0]                    unsel_ground_1v8_o,
    output logic [1:0]                    unsel_inhibit_1v8_o,
    output logic [1:0]                    sl_program_1v8_o,
    output logic [1:0]                    sl_ground_1v8_o,
    output logic [1:0]                    con_1v8_o,
    output logic [1:0]                    wl_dac_1v8_o,
    output logic [1:0]                    wl_full_1v8_o,
    output logic [1:0][5:0]               dac_wl_1v8_o,
    output logic [1:0]                    dac_wl_fine_1v8_o,
    output logic [1:0][5:0]               dac_bl_1v8_o,
    output logic [1:0]                    dac_enable_1v8_o,
    output logic [1:0]                    adc_enable_1v8_o,
    output logic [1:0]                    adc_range_1v8_o,
    output logic [1:0]                    adc_sample_1v8_o,
    output logic [1:0][7:0]               adc_trial_1v8_o,
    output logic [1:0]                    adc_strobe_1v8_o,
    input  wire  [1:0]                    adc_valid_1v8_i,
    input  wire  [1:0]                    adc_above_1v8_i,
    output logic [1:0][image_pkg::ThresholdWidth-1:0] reference_d_1v8_o,
    output logic [1:0][image_pkg::ReferenceWords-1:0] reference_write_1v8_o,
    output logic [1:0]                    reference_job_1v8_o,
    output logic                    low_1v8_o  // constant: the top ties inputs to it that nothing drives
);

  localparam int unsigned Cores = 2, Slaves = Cores + 1, Router = Cores;
  localparam int unsigned WindowBit = $clog2(router_map::Window);

  // The bus. A slave answers where it is asked alone, so at most one acknowledges.
  logic [Slaves-1:0]       stb, ack;
  logic [Slaves-1:0][31:0] data;
  logic [1:0]              window;

  assign window = wbs_adr_i[WindowBit+:2];

  // The router is asked for what is behind its window too, and refuses it.
  assign stb       = {window[1], window == 2'd1, window == 2'd0} & {Slaves{wbs_stb_i}};
  assign wbs_ack_o = |ack;

  always_comb begin
    wbs_dat_o = '0;
    for (int unsigned k = 0; k < Slaves; k++) wbs_dat_o |= data[k] & {32{ack[k]}};
  end

  // Events between controllers and router.
  logic [Cores-1:0]      spike_req, spike_ack, row_req, row_ack, irq;
  logic [Cores-1:0][6:0] spike_neuron, row_address;

  // What a controller has for a chip of its own: other pins, interrupts that it does not use, its constant.
  logic [Cores-1:0][controller_pkg::IoWidth-1:0] core_out, core_oeb;
  logic [Cores-1:0][127:0] core_la;
  logic [Cores-1:0][2:0]   core_irq;
  logic [Cores-1:0]        core_low;

  logic [Cores-1:0][controller_pkg::IoWidth-1:0] core_in;
  logic [Cores-1:0][31:0] core_address;

  for (genvar k = 0; k < Cores; k++) begin : gen_core
    always_comb begin
      core_in[k] = '0;
      core_in[k][controller_pkg::AerInReqPin]  = row_req[k];
      core_in[k][controller_pkg::AerOutAckPin] = spike_ack[k];
      core_in[k][controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth] = {1'b0, row_address[k]};
    end

    assign core_address[k] = wbs_adr_i ^ 32'(k * router_map::Window);
    assign row_ack[k]      = core_out[k][controller_pkg::AerInAckPin];
    assign spike_req[k]    = core_out[k][controller_pkg::AerOutReqPin];
    assign spike_neuron[k] = core_out[k][controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth];
    assign irq[k]          = core_irq[k][0];
  end

  // An array of two: each has its half of a bus that is twice as wide as the port, and the whole of one that is as wide.
  controller #(
      .Rows   (Rows),
      .Columns(Columns),
      .Neurons(Neurons)
  ) u_controller [Cores-1:0] (
`ifdef USE_POWER_PINS
      .vccd1, .vssd1,
`endif
      .wb_clk_i, .wb_rst_i, .wbs_cyc_i, .wbs_stb_i(stb[Cores-1:0]), .wbs_we_i, .wbs_sel_i, .wbs_adr_i(core_address), .wbs_dat_i,
      .wbs_ack_o(ack[Cores-1:0]), .wbs_dat_o(data[Cores-1:0]),
      .io_in(core_in), .io_out(core_out), .io_oeb(core_oeb), .la_data_out(core_la), .user_irq(core_irq), .low_1v8_o(core_low),
      .row_1v8_o, .wake_1v8_o, .integ_1v8_o, .ratio_b_1v8_o, .hold_1v8_o, .spike_1v8_i, .discharge_1v8_o, .fire_1v8_o,
      .phi_1_1v8_o, .phi_2_1v8_o, .trim_1v8_o, .pair_1v8_o, .test_1v8_o, .config_1v8_o, .col_1v8_o, .sel_program_1v8_o,
      .sel_sense_1v8_o, .sel_ground_1v8_o, .unsel_ground_1v8_o, .unsel_inhibit_1v8_o, .sl_program_1v8_o, .sl_ground_1v8_o,
      .con_1v8_o, .wl_dac_1v8_o, .wl_full_1v8_o, .dac_wl_1v8_o, .dac_wl_fine_1v8_o, .dac_bl_1v8_o, .dac_enable_1v8_o,
      .adc_enable_1v8_o, .adc_range_1v8_o, .adc_sample_1v8_o, .adc_trial_1v8_o, .adc_strobe_1v8_o, .adc_valid_1v8_i,
      .adc_above_1v8_i, .reference_d_1v8_o, .reference_write_1v8_o, .reference_job_1v8_o
  );

  // The router. It takes its reset at the clock, two edges behind the pin's end, as the controllers do.
  // Lint waiver: as in reset_synchronizer.
  /* verilator lint_off SYNCASYNCNET */
  logic rst;
  /* verilator lint_on SYNCASYNCNET */
  logic in_ack, out_req;
  logic [controller_pkg::NeuronAddressWidth-1:0] out_address;

  reset_synchronizer u_reset (
      .clk_i      (wb_clk_i),
      .async_rst_i(wb_rst_i),
      .rst_o      (rst)
  );

  event_router #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_router (
      .clk_i         (wb_clk_i),
      .rst_i         (rst),
      .wbs_cyc_i     (wbs_cyc_i),
      .wbs_stb_i     (stb[Router]),
      .wbs_we_i      (wbs_we_i),
      .wbs_sel_i     (wbs_sel_i),
      .wbs_adr_i     (wbs_adr_i),
      .wbs_dat_i     (wbs_dat_i),
      .wbs_ack_o     (ack[Router]),
      .wbs_dat_o     (data[Router]),
      .spike_req_i   (spike_req),
      .spike_neuron_i(spike_neuron),
      .spike_ack_o   (spike_ack),
      .row_req_o     (row_req),
      .row_address_o (row_address),
      .row_ack_i     (row_ack),
      .in_req_i      (io_in[controller_pkg::AerInReqPin]),
      .in_address_i  (io_in[controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth]),
      .in_ack_o      (in_ack),
      .out_req_o     (out_req),
      .out_address_o (out_address),
      .out_ack_i     (io_in[controller_pkg::AerOutAckPin])
  );

  // Pins of the harness.
  always_comb begin
    io_out = '0;
    io_oeb = '1;

    io_out[controller_pkg::AerInAckPin]  = in_ack;
    io_oeb[controller_pkg::AerInAckPin]  = 1'b0;
    io_out[controller_pkg::AerOutReqPin] = out_req;
    io_oeb[controller_pkg::AerOutReqPin] = 1'b0;

    io_out[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = out_address;
    io_oeb[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = '0;
  end

  assign user_irq    = {1'b0, irq};
  assign la_data_out = '0;
  assign low_1v8_o   = 1'b0;

  // As in controller: an input pin that nobody reads would be floating metal.
  (* keep *) logic unused_pins;
  assign unused_pins = &io_in;

  logic unused;
  assign unused = &{1'b0, core_out, core_oeb, core_la, core_irq, core_low};

endmodule

`default_nettype wire
