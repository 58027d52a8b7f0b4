// Pins of the harness: address events, SPI port, interrupt, and the states and parities that the logic analyser sees.
`default_nettype none

module harness_pins (
    input  wire  [controller_pkg::IoWidth-1:0] io_in,
    output logic [controller_pkg::IoWidth-1:0] io_out,
    output logic [controller_pkg::IoWidth-1:0] io_oeb,
    output logic [127:0] la_data_out,
    output logic [2:0]   user_irq,
    output logic         low_1v8_o,
    input  wire          aer_in_ack_i,
    input  wire          aer_out_req_i,
    input  wire  [controller_pkg::NeuronAddressWidth-1:0] aer_out_address_i,
    input  wire          spi_data_i,
    input  wire          spi_drive_i,
    input  wire          irq_i,
    input  wire controller_pkg::monitor_t monitor_i,
    input  wire  [31:0]  parity_i      // of the outputs to the analog core
);

  always_comb begin
    io_out = '0;
    io_oeb = '1;

    io_out[controller_pkg::AerInAckPin]  = aer_in_ack_i;
    io_oeb[controller_pkg::AerInAckPin]  = 1'b0;
    io_out[controller_pkg::AerOutReqPin] = aer_out_req_i;
    io_oeb[controller_pkg::AerOutReqPin] = 1'b0;

    io_out[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = aer_out_address_i;
    io_oeb[controller_pkg::AerOutAddressPin+:controller_pkg::NeuronAddressWidth] = '0;

    io_out[controller_pkg::SpiDataPin] = spi_data_i;
    io_oeb[controller_pkg::SpiDataPin] = ~spi_drive_i;
    // A weak high, made by pad and constants: without a master the port is not selected.
    io_out[controller_pkg::SpiSelectPin] = 1'b1;
    io_oeb[controller_pkg::SpiSelectPin] = 1'b0;
  end

  assign la_data_out = 128'({parity_i, monitor_i});
  assign user_irq    = {2'b00, irq_i};
  assign low_1v8_o   = 1'b0;

  // Input pins that nobody reads end in a gate that synthesis keeps: without one a pin is floating metal, which the
  // design rules forbid.
  (* keep *) logic unused_pins;
  assign unused_pins = &io_in;

endmodule

`default_nettype wire
