// The controller: Wishbone registers, row pulses from address events, address events from spikes. See docs/controller.md.
`default_nettype none

module controller #(
    parameter int unsigned Rows = 64,
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
    output logic [2:0]         user_irq,

    output logic [Rows-1:0]    row_1v8_o,
    output logic               phi_p_1v8_o,
    output logic               phi_n_1v8_o,
    input  wire  [Neurons-1:0] spike_1v8_i,
    output logic [Neurons-1:0] discharge_1v8_o
);

  // Wishbone: one request a transfer, answered from flip-flops in the next cycle. Outside the 4 KiB of the
  // controller every access is answered too and reads 0: the bus never hangs.
  logic        request, in_map, ack, ack_q;
  logic [31:0] read_data, read_data_q;

  assign request = wbs_cyc_i & wbs_stb_i & ~ack_q;
  assign in_map  = wbs_adr_i[11:7] == '0;

  always_ff @(posedge wb_clk_i) begin
    if (wb_rst_i) begin
      ack_q       <= 1'b0;
      read_data_q <= '0;
    end else begin
      ack_q       <= request & (ack | ~in_map);
      read_data_q <= (request && in_map) ? read_data : '0;
    end
  end

  assign wbs_ack_o = ack_q;
  assign wbs_dat_o = read_data_q;

  // Registers.
  logic        enable, multi_hot, signed_phase, aer_in_enable, aer_out_enable;
  logic [7:0]  settle_cycles, gap_cycles, phi_p_cycles, phi_n_cycles;
  logic [9:0]  window_cycles, refractory_prescale;
  logic [3:0]  refractory_count;
  logic [15:0] timeout_cycles;

  logic        event_in_request, event_in_is_write, event_in_write, pulse_busy, write_busy, received;
  logic [7:0]  write_row;
  logic [31:0] event_in_data, event_in_bits;
  logic        bad_address, overflow, lost, sent;

  logic                          pop, spike_valid, spike_take, sender_idle, sender_take, software_valid;
  logic [controller_pkg::NeuronAddressWidth-1:0] spike_neuron;

  logic         status_bad_address, status_overflow, status_lost;
  logic         irq_bad_address, irq_overflow, irq_lost, irq_event_out, irq_q;
  logic [3:0]   mask_request, mask_is_write;
  logic [127:0] mask_words, mask_data, mask_bits;
  logic         stall, error;

  controller_regs u_regs (
      .clk    (wb_clk_i),
      .rst    (wb_rst_i),
      .wb_cyc (wbs_cyc_i),
      .wb_stb (request & in_map),
      .wb_we  (wbs_we_i),
      .wb_stall(stall),
      .wb_adr ({wbs_adr_i[6:2], 2'b00}),
      .wb_odat(wbs_dat_i),
      .wb_sel (wbs_sel_i),
      .wb_ack (ack),
      .wb_err (error),
      .wb_idat(read_data),

      .hwif_in_id_rows   (8'(Rows - 1)),
      .hwif_in_id_neurons(8'(Neurons - 1)),

      .hwif_out_ctrl_enable      (enable),
      .hwif_out_ctrl_multi_hot   (multi_hot),
      .hwif_out_ctrl_signed_phase(signed_phase),
      .hwif_out_ctrl_aer_in      (aer_in_enable),
      .hwif_out_ctrl_aer_out     (aer_out_enable),

      .hwif_in_status_pulse_busy     (pulse_busy),
      .hwif_in_status_event_in_busy  (write_busy),
      .hwif_in_status_event_out_valid(spike_valid),

      .hwif_out_timing_settle      (settle_cycles),
      .hwif_out_timing_gap         (gap_cycles),
      .hwif_out_timing_phi_p       (phi_p_cycles),
      .hwif_out_timing_phi_n       (phi_n_cycles),
      .hwif_out_window_cycles      (window_cycles),
      .hwif_out_refractory_count   (refractory_count),
      .hwif_out_refractory_prescale(refractory_prescale),
      .hwif_out_aer_timeout_cycles (timeout_cycles),

      .hwif_out_event_in_req      (event_in_request),
      .hwif_out_event_in_req_is_wr(event_in_is_write),
      .hwif_in_event_in_rd_ack    (event_in_request & ~event_in_is_write),
      .hwif_in_event_in_wr_ack    (event_in_write),
      .hwif_in_event_in_rd_data   ({24'd0, write_row}),
      .hwif_out_event_in_wr_data  (event_in_data),
      .hwif_out_event_in_wr_biten (event_in_bits),

      .hwif_in_event_out_neuron      (spike_neuron),
      .hwif_in_event_out_valid       (software_valid),
      .hwif_out_event_out_valid_swacc(pop),

      .hwif_out_irq_status_bad_address     (status_bad_address),
      .hwif_in_irq_status_bad_address_hwset(bad_address),
      .hwif_out_irq_status_overflow        (status_overflow),
      .hwif_in_irq_status_overflow_hwset   (overflow),
      .hwif_out_irq_status_lost            (status_lost),
      .hwif_in_irq_status_lost_hwset       (lost),
      .hwif_in_irq_status_event_out        (software_valid),
      .hwif_out_irq_enable_bad_address     (irq_bad_address),
      .hwif_out_irq_enable_overflow        (irq_overflow),
      .hwif_out_irq_enable_lost            (irq_lost),
      .hwif_out_irq_enable_event_out       (irq_event_out),

      .hwif_in_events_received_incr   (received),
      .hwif_in_events_sent_incr       (sent),
      .hwif_in_errors_bad_address_incr(bad_address),
      .hwif_in_errors_overflow_incr   (overflow),
      .hwif_in_errors_lost_incr       (lost),

      .hwif_out_mask0_req      (mask_request[0]),
      .hwif_out_mask0_req_is_wr(mask_is_write[0]),
      .hwif_in_mask0_rd_ack    (mask_request[0] & ~mask_is_write[0]),
      .hwif_in_mask0_wr_ack    (mask_request[0] & mask_is_write[0]),
      .hwif_in_mask0_rd_data   (mask_words[31:0]),
      .hwif_out_mask0_wr_data  (mask_data[31:0]),
      .hwif_out_mask0_wr_biten (mask_bits[31:0]),
      .hwif_out_mask1_req      (mask_request[1]),
      .hwif_out_mask1_req_is_wr(mask_is_write[1]),
      .hwif_in_mask1_rd_ack    (mask_request[1] & ~mask_is_write[1]),
      .hwif_in_mask1_wr_ack    (mask_request[1] & mask_is_write[1]),
      .hwif_in_mask1_rd_data   (mask_words[63:32]),
      .hwif_out_mask1_wr_data  (mask_data[63:32]),
      .hwif_out_mask1_wr_biten (mask_bits[63:32]),
      .hwif_out_mask2_req      (mask_request[2]),
      .hwif_out_mask2_req_is_wr(mask_is_write[2]),
      .hwif_in_mask2_rd_ack    (mask_request[2] & ~mask_is_write[2]),
      .hwif_in_mask2_wr_ack    (mask_request[2] & mask_is_write[2]),
      .hwif_in_mask2_rd_data   (mask_words[95:64]),
      .hwif_out_mask2_wr_data  (mask_data[95:64]),
      .hwif_out_mask2_wr_biten (mask_bits[95:64]),
      .hwif_out_mask3_req      (mask_request[3]),
      .hwif_out_mask3_req_is_wr(mask_is_write[3]),
      .hwif_in_mask3_rd_ack    (mask_request[3] & ~mask_is_write[3]),
      .hwif_in_mask3_wr_ack    (mask_request[3] & mask_is_write[3]),
      .hwif_in_mask3_rd_data   (mask_words[127:96]),
      .hwif_out_mask3_wr_data  (mask_data[127:96]),
      .hwif_out_mask3_wr_biten (mask_bits[127:96])
  );

  logic [Neurons-1:0] mask;

  neuron_mask #(
      .Neurons(Neurons)
  ) u_mask (
      .clk_i       (wb_clk_i),
      .rst_i       (wb_rst_i),
      .write_i     (mask_request & mask_is_write),
      .write_data_i(mask_data),
      .write_bits_i(mask_bits),
      .words_o     (mask_words),
      .mask_o      (mask)
  );

  // What comes from outside the clock.
  logic               aer_in_req, aer_out_ack;
  logic [Neurons-1:0] spike;

  synchronizer #(
      .Width(Neurons + 2)
  ) u_synchronizer (
      .clk_i  (wb_clk_i),
      .rst_i  (wb_rst_i),
      .async_i({io_in[controller_pkg::AerInReqPin], io_in[controller_pkg::AerOutAckPin], spike_1v8_i}),
      .sync_o ({aer_in_req, aer_out_ack, spike})
  );

  // Events to row pulses.
  logic                       aer_in_ack, event_valid, event_ready;
  logic [controller_pkg::RowAddressWidth-1:0] event_row;

  assign event_in_write = event_in_request & event_in_is_write;
  assign received       = event_valid & event_ready;

  event_input #(
      .Rows(Rows)
  ) u_event_input (
      .clk_i        (wb_clk_i),
      .rst_i        (wb_rst_i),
      .enable_i     (enable),
      .aer_enable_i (aer_in_enable),
      .aer_req_i    (aer_in_req),
      .aer_address_i(io_in[controller_pkg::AerInAddressPin+:controller_pkg::RowAddressWidth]),
      .aer_ack_o    (aer_in_ack),
      .write_i      (event_in_write & event_in_bits[0]),
      .write_row_i  (event_in_data[7:0]),
      .write_busy_o (write_busy),
      .write_row_o  (write_row),
      .event_valid_o(event_valid),
      .event_row_o  (event_row),
      .event_ready_i(event_ready),
      .bad_address_o(bad_address),
      .overflow_o   (overflow)
  );

  row_sequencer #(
      .Rows(Rows)
  ) u_row_sequencer (
      .clk_i          (wb_clk_i),
      .rst_i          (wb_rst_i),
      .enable_i       (enable),
      .multi_hot_i    (multi_hot),
      .signed_phase_i (signed_phase),
      .settle_cycles_i(settle_cycles),
      .gap_cycles_i   (gap_cycles),
      .phi_p_cycles_i (phi_p_cycles),
      .phi_n_cycles_i (phi_n_cycles),
      .window_cycles_i(window_cycles),
      .event_valid_i  (event_valid),
      .event_row_i    (event_row),
      .event_ready_o  (event_ready),
      .row_1v8_o      (row_1v8_o),
      .phi_p_1v8_o    (phi_p_1v8_o),
      .phi_n_1v8_o    (phi_n_1v8_o),
      .busy_o         (pulse_busy)
  );

  // Spikes to events.
  logic                          aer_out_req;
  logic [controller_pkg::NeuronAddressWidth-1:0] aer_out_address;

  assign software_valid = spike_valid & ~aer_out_enable & sender_idle;
  assign spike_take     = sender_take | (pop & software_valid);
  assign sent           = spike_take & ~lost;

  spike_collector #(
      .Neurons(Neurons)
  ) u_spike_collector (
      .clk_i                (wb_clk_i),
      .rst_i                (wb_rst_i),
      .enable_i             (enable),
      .mask_i               (mask),
      .refractory_count_i   (refractory_count),
      .refractory_prescale_i(refractory_prescale),
      .spike_i              (spike),
      .discharge_1v8_o      (discharge_1v8_o),
      .event_valid_o        (spike_valid),
      .event_neuron_o       (spike_neuron),
      .event_take_i         (spike_take)
  );

  aer_sender u_aer_sender (
      .clk_i           (wb_clk_i),
      .rst_i           (wb_rst_i),
      .enable_i        (aer_out_enable),
      .timeout_cycles_i(timeout_cycles),
      .event_valid_i   (spike_valid),
      .event_neuron_i  (spike_neuron),
      .event_take_o    (sender_take),
      .lost_o          (lost),
      .idle_o          (sender_idle),
      .aer_req_o       (aer_out_req),
      .aer_address_o   (aer_out_address),
      .aer_ack_i       (aer_out_ack)
  );

  // Pins of the harness.
  always_comb begin
    io_out = '0;
    io_oeb = '1;

    io_out[controller_pkg::AerInAckPin]  = aer_in_ack;
    io_oeb[controller_pkg::AerInAckPin]  = 1'b0;
    io_out[controller_pkg::AerOutReqPin] = aer_out_req;
    io_oeb[controller_pkg::AerOutReqPin] = 1'b0;

    io_out[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = aer_out_address;
    io_oeb[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = '0;
  end

  always_ff @(posedge wb_clk_i) begin
    if (wb_rst_i) begin
      irq_q <= 1'b0;
    end else begin
      irq_q <= (status_bad_address & irq_bad_address) | (status_overflow & irq_overflow) |
          (status_lost & irq_lost) | (software_valid & irq_event_out);
    end
  end

  assign user_irq    = {2'b00, irq_q};
  assign la_data_out = '0;

  // Input pins that nobody reads end in a gate that synthesis keeps: without one a pin is floating metal, which the
  // design rules forbid. Addresses above the map are decoded by the harness; the bus reads words only.
  (* keep *) logic unused_pins;
  assign unused_pins = &{io_in, wbs_adr_i[31:12], wbs_adr_i[1:0]};

  // Read by nobody: answers of the register block that cannot occur, and write data beyond a field.
  logic unused;
  assign unused = &{1'b0, stall, error, event_in_data[31:8], event_in_bits[31:1]};

endmodule

`default_nettype wire
