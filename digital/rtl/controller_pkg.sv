// Pin map of the address-event ports on the harness' digital pins: the one source for RTL, tests and docs.
//
// io[0..6] stay free for the harness' own debug, SPI and serial functions. The widths serve the largest chip (256 rows, 128 neurons).
`default_nettype none

package controller_pkg;

  localparam int unsigned IoWidth = 27;

  localparam int unsigned RowAddressWidth = 8;
  localparam int unsigned NeuronAddressWidth = 7;

  // Events in: the sender drives request and address, the chip acknowledges.
  localparam int unsigned AerInReqPin = 14;
  localparam int unsigned AerInAckPin = 15;
  localparam int unsigned AerInAddressPin = 16;  // 16 .. 23

  // Events out: the chip drives request and address, the receiver acknowledges.
  localparam int unsigned AerOutReqPin = 24;
  localparam int unsigned AerOutAckPin = 25;
  localparam int unsigned AerOutAddressPin = 7;  // 7 .. 13

endpackage

`default_nettype wire
