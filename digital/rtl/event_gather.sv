// Takes row events: one at a time, or as a set that gathers while a window runs and while something is shown.
//
// One-hot mode: an event is taken when nothing is shown. Multi-hot mode: events gather in a mask; a second event for a gathered row waits.
`default_nettype none

module event_gather #(
    parameter int unsigned Rows = 64
) (
    input  wire             clk_i,
    input  wire             rst_i,
    input  wire             enable_i,         // without it the mask empties
    input  wire             grant_i,          // events may be taken
    input  wire             idle_i,           // nothing is shown, or it ends: what is asked for with show_o is shown
    input  wire             multi_hot_i,
    input  wire  [9:0]      window_cycles_i,  // from the first event of a set

    input  wire             event_valid_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] event_row_i,
    output logic            event_ready_o,
    output logic [Rows-1:0] event_hot_o,      // the event's row

    output logic            show_o,           // one cycle
    output logic [Rows-1:0] rows_o,           // with show_o
    output logic            waiting_o,        // a set gathers
    output logic            counts_o          // a window runs
);

  logic [9:0]      window_q, window_d;
  logic [Rows-1:0] gathered_q, gathered_d;
  logic            any_gathered_q, any_gathered_d;
  logic [Rows-1:0] event_hot;
  logic            accept, gather, apply;

  for (genvar r = 0; r < Rows; r++) begin : gen_decode
    assign event_hot[r] = event_row_i == controller_pkg::RowAddressWidth'(r);
  end

  assign counts_o = window_q > 10'd1;
  assign apply    = idle_i & any_gathered_q & ~counts_o;

  assign event_ready_o = enable_i & grant_i & (multi_hot_i ? ~|(event_hot & gathered_q) : (idle_i & ~any_gathered_q));
  assign accept = event_valid_i & event_ready_o;
  assign gather = accept & multi_hot_i;

  always_comb begin
    gathered_d     = (apply ? '0 : gathered_q) | (gather ? event_hot : '0);
    any_gathered_d = (any_gathered_q & ~apply) | gather;
    window_d       = window_q;
    if (gather && (!any_gathered_q || apply)) begin
      window_d = window_cycles_i;
    end else if (counts_o) begin
      window_d = window_q - 10'd1;
    end
    if (!enable_i) begin
      gathered_d     = '0;
      any_gathered_d = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      window_q       <= '0;
      gathered_q     <= '0;
      any_gathered_q <= 1'b0;
    end else begin
      window_q       <= window_d;
      gathered_q     <= gathered_d;
      any_gathered_q <= any_gathered_d;
    end
  end

  assign event_hot_o = event_hot;
  assign show_o      = apply | (accept & ~multi_hot_i);
  assign rows_o      = apply ? gathered_q : event_hot;
  assign waiting_o   = any_gathered_q;

endmodule

`default_nettype wire
