// Row events from the pins (4-phase) and from software, merged into one stream. Software goes first.
//
// The sender's address is bundled with its request and belongs to no clock: it is looked at by aer_address_q alone, which follows the pads
// until the synchronised request is seen. The request's two flip-flops are behind it by then, so what is held is stable, and nothing is late.
//
// The acknowledge is withheld until the event is taken (event_ready_i). An event for a row that does not exist
// is acknowledged, reported on bad_address_o and goes no further. A request that stays high for timeout_cycles_i after its acknowledge is
// reported on stuck_o, once; when it falls at last the port goes on.
`default_nettype none

module event_input #(
    parameter int unsigned Rows = 64
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        awake_i,         // settings or software may change something
    input  wire                        enable_i,
    input  wire                        aer_enable_i,

    input  wire  [15:0]                timeout_cycles_i, // 0 counts as 1

    input  wire                        aer_req_i,       // synchronised
    input  wire  [controller_pkg::RowAddressWidth-1:0] aer_address_i,   // as on the pads; stable while the request is high
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
    output logic                       stuck_o,         // a request does not go away after its acknowledge
    output logic                       overflow_o
);

  logic                       write_valid_q;
  logic [controller_pkg::RowAddressWidth-1:0] write_row_q, aer_address_q;
  logic                       ack_q, waited_q;
  logic [15:0]                timer_q;

  logic aer_waits, waits, row_exists, taken, stays;

  assign aer_waits   = aer_enable_i & aer_req_i & ~ack_q;
  assign waits       = enable_i & (write_valid_q | aer_waits);
  assign event_row_o = write_valid_q ? write_row_q : aer_address_q;
  assign row_exists  = {1'b0, event_row_o} < (controller_pkg::RowAddressWidth + 1)'(Rows);

  assign event_valid_o = waits & row_exists;
  assign bad_address_o = waits & ~row_exists;
  assign taken         = waits & (event_ready_i | ~row_exists);

  assign overflow_o   = write_i & (write_valid_q | ~enable_i);
  assign dropped_o    = waited_q & aer_enable_i & ~aer_req_i;
  assign stays        = ack_q & aer_req_i;
  assign stuck_o      = stays & (timer_q == 16'd1);
  assign write_busy_o = write_valid_q;
  assign write_row_o  = write_row_q;
  assign aer_ack_o    = ack_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      aer_address_q <= '0;
    end else begin
      if (!aer_req_i) aer_address_q <= aer_address_i;
    end
  end

  logic gated_clk;

  clock_gate u_clock (
      .clk_i   (clk_i),
      .enable_i(rst_i | awake_i | aer_req_i | ack_q | waited_q | write_valid_q),
      .clk_o   (gated_clk)
  );

  always_ff @(posedge gated_clk) begin
    if (rst_i) begin
      write_valid_q <= 1'b0;
      write_row_q   <= '0;
      ack_q         <= 1'b0;
      waited_q      <= 1'b0;
      timer_q       <= '0;
    end else begin
      if (!stays) begin
        timer_q <= (timeout_cycles_i == '0) ? 16'd1 : timeout_cycles_i;
      end else if (timer_q != '0) begin
        timer_q <= timer_q - 16'd1;
      end
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
