// Row events from the pins (4-phase) and from software, merged into one stream. Software goes first.
//
// The acknowledge is withheld until the event is taken (event_ready_i). An event for a row that does not exist
// is acknowledged, reported on bad_address_o and goes no further.
`default_nettype none

module event_input #(
    parameter int unsigned Rows = 64
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        enable_i,
    input  wire                        aer_enable_i,

    input  wire                        aer_req_i,       // synchronised
    input  wire  [controller_pkg::RowAddressWidth-1:0] aer_address_i,   // stable while the request is high
    output logic                       aer_ack_o,

    input  wire                        write_i,         // software writes an event
    input  wire  [controller_pkg::RowAddressWidth-1:0] write_row_i,
    output logic                       write_busy_o,
    output logic [controller_pkg::RowAddressWidth-1:0] write_row_o,

    output logic                       event_valid_o,
    output logic [controller_pkg::RowAddressWidth-1:0] event_row_o,
    input  wire                        event_ready_i,

    output logic                       bad_address_o,
    output logic                       dropped_o,       // a request went away before its acknowledge
    output logic                       overflow_o
);

  logic                       write_valid_q;
  logic [controller_pkg::RowAddressWidth-1:0] write_row_q;
  logic                       ack_q, waited_q;

  logic aer_waits, waits, row_exists, taken;

  assign aer_waits   = aer_enable_i & aer_req_i & ~ack_q;
  assign waits       = enable_i & (write_valid_q | aer_waits);
  assign event_row_o = write_valid_q ? write_row_q : aer_address_i;
  assign row_exists  = {1'b0, event_row_o} < (controller_pkg::RowAddressWidth + 1)'(Rows);

  assign event_valid_o = waits & row_exists;
  assign bad_address_o = waits & ~row_exists;
  assign taken         = waits & (event_ready_i | ~row_exists);

  assign overflow_o   = write_i & (write_valid_q | ~enable_i);
  assign dropped_o    = waited_q & aer_enable_i & ~aer_req_i;
  assign write_busy_o = write_valid_q;
  assign write_row_o  = write_row_q;
  assign aer_ack_o    = ack_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      write_valid_q <= 1'b0;
      write_row_q   <= '0;
      ack_q         <= 1'b0;
      waited_q      <= 1'b0;
    end else begin
      waited_q <= aer_waits & ~(taken & ~write_valid_q);
      if (!enable_i || (write_valid_q && taken)) begin
        write_valid_q <= 1'b0;
      end else if (write_i && !write_valid_q) begin
        write_valid_q <= 1'b1;
        write_row_q   <= write_row_i;
      end

      if (taken && !write_valid_q) begin
        ack_q <= 1'b1;
      end else if (!aer_req_i) begin
        ack_q <= 1'b0;
      end
    end
  end

endmodule

`default_nettype wire
