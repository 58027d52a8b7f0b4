// Turns row events into what the neurons hear: an exposure of one row, or of a set of rows that gathered.
//
// The row_sequencer of neurons that hear all rows at once.
`default_nettype none

module event_sequencer #(
    parameter int unsigned Rows = 64
) (
    input  wire                        clk_i,
    input  wire                        rst_i,
    input  wire                        enable_i,
    input  wire                        grant_i,          // rows may begin
    input  wire                        multi_hot_i,
    input  wire  [7:0]                 lead_cycles_i,    // as of exposure
    input  wire  [7:0]                 open_cycles_i,
    input  wire  [7:0]                 window_cycles_i,
    input  wire  [7:0]                 close_cycles_i,
    input  wire  [7:0]                 tail_cycles_i,
    input  wire  [9:0]                 gather_cycles_i,

    input  wire                        event_valid_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] event_row_i,
    output logic                       event_ready_o,
    output logic [Rows-1:0]            event_hot_o,      // the event's row

    output logic [Rows-1:0]            row_next_o,
    output logic                       wake_o,
    output logic                       integ_o,
    output logic                       busy_o,
    output logic                       counts_o         // a window runs
);

  logic [Rows-1:0] shown_q, rows;
  logic            show, waiting, last;

  event_gather #(
      .Rows(Rows)
  ) u_gather (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .enable_i       (enable_i),
      .grant_i        (grant_i),
      .idle_i         ((~wake_o | last) & grant_i),
      .multi_hot_i    (multi_hot_i),
      .window_cycles_i(gather_cycles_i),
      .event_valid_i  (event_valid_i),
      .event_row_i    (event_row_i),
      .event_ready_o  (event_ready_o),
      .event_hot_o    (event_hot_o),
      .show_o         (show),
      .rows_o         (rows),
      .waiting_o      (waiting),
      .counts_o       (counts_o)
  );

  exposure #(
      .Rows(Rows)
  ) u_exposure (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .start_i        (show),
      .stop_i         (1'b0),
      .rows_i         (shown_q),
      .lead_cycles_i  (lead_cycles_i),
      .open_cycles_i  (open_cycles_i),
      .window_cycles_i(window_cycles_i),
      .close_cycles_i (close_cycles_i),
      .tail_cycles_i  (tail_cycles_i),
      .row_next_o     (row_next_o),
      .wake_o         (wake_o),
      .integ_o        (integ_o),
      .last_o         (last)
  );

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      shown_q <= '0;
    end else if (show) begin
      shown_q <= rows;
    end
  end

  assign busy_o = wake_o | waiting;

endmodule

`default_nettype wire
