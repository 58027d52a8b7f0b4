// Everything that shows rows to the neurons: events, images and the falling threshold, up to what it asks of
// interlock. The threshold is a word of the references, so their other words are written here too.
//
// Of an image and an event that wait at once the image goes first; neither breaks into the other. An image starts as soon as the path is
// granted and no event is shown; while it runs no event is taken, and what gathers is shown behind it. All that reaches the core comes a
// cycle after exposure and image_sequencer ask for it, so that every pin is a flip-flop: rows here and in the interlock, wake and window there,
// the others here.
//
// While an image runs the collector of spikes holds all neurons discharged and hears none; open_o takes the discharge off those that are not
// masked.
`default_nettype none

module image_unit #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Neurons = 32
) (
    input  wire                          clk_i,
    input  wire                          rst_i,
    input  wire                          enable_i,        // without it an image that runs is stopped
    input  wire image_pkg::show_t        settings_i,
    input  wire                          multi_hot_i,
    input  wire  [9:0]                   gather_cycles_i,
    input  wire  [Neurons-1:0]           mask_i,
    input  wire image_pkg::request_t     request_i,
    input  wire  [31:0]                  pixel_data_i,
    input  wire  [10:0]                  word_data_i,
    output image_pkg::state_t            state_o,

    input  wire                          grant_i,         // rows may begin
    input  wire                          event_valid_i,
    input  wire  [controller_pkg::RowAddressWidth-1:0] event_row_i,
    output logic                         event_ready_o,
    output logic [Rows-1:0]              event_hot_o,
    input  wire  [Neurons-1:0]           spike_i,         // synchronised

    output logic                         busy_o,          // rows are shown, gather, or are about to come
    output logic                         active_o,        // something here can change
    output logic                         rows_busy_o,     // rows or wake are on
    output logic [Rows-1:0]              rows_o,          // for the interlock, values for the next cycle
    output logic                         wake_o,
    output logic                         integ_o,
    output logic                         hold_neurons_o,  // an image has the neurons
    output logic [Neurons-1:0]           open_o,          // of these it takes the discharge off
    output logic [2:0]                   ratio_b_1v8_o,
    output logic                         hold_1v8_o,
    output logic [image_pkg::ThresholdWidth-1:0] reference_d_1v8_o,
    output logic [image_pkg::ReferenceWords-1:0] reference_write_1v8_o
);

  localparam int unsigned WinnerWidth = (Neurons > 1) ? $clog2(Neurons) : 1;

  logic [3:0][Rows-1:0]   planes;
  logic [Rows-1:0]        event_rows, image_rows, rows_q;
  logic                   event_wake, event_integ, event_busy, image_wake, image_integ, image_busy, image_hold, image_discharge;
  logic                   full, waits_q, waits, takes, stop, done, found, counts, moves, moves_q;
  logic [WinnerWidth-1:0] winner;
  logic [2:0]             image_ratio;
  logic [image_pkg::ThresholdWidth-1:0] image_threshold, threshold;

  pixel_buffer #(
      .Rows(Rows)
  ) u_pixels (
      .clk_i       (clk_i),
      .rst_i       (rst_i),
      .clear_i     (request_i.clear),
      .write_i     (request_i.pixels),
      .write_data_i(pixel_data_i),
      .show_i      (takes),
      .full_o      (full),
      .planes_o    (planes)
  );

  // Code 0 stands a little longer: what the threshold meets there comes so much later, three cycles of pins and synchroniser and five of the
  // comparator.
  localparam logic [7:0] Lag = 8'd8;
  logic [7:0] least, step;
  assign least = (settings_i.step == '0) ? 8'd1 : settings_i.step;
  assign step  = (image_threshold != (image_hold ? 6'd0 : 6'd1)) ? settings_i.step : (least > 8'd255 - Lag) ? 8'd255 : least + Lag;

  // A start is remembered until rows may begin. Whoever writes has looked at full and waits (register_block).
  assign stop  = request_i.stop | ~enable_i;
  assign waits = waits_q & ~stop & ~request_i.clear;
  assign takes = waits & grant_i & ~event_wake & ~image_busy;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      waits_q <= 1'b0;
    end else begin
      waits_q <= request_i.start | (waits & ~takes);
    end
  end

  event_sequencer #(
      .Rows(Rows)
  ) u_events (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .enable_i       (enable_i),
      .grant_i        (grant_i & ~waits_q & ~image_busy),
      .multi_hot_i    (multi_hot_i),
      .lead_cycles_i  (settings_i.lead),
      .open_cycles_i  (settings_i.open),
      .window_cycles_i(settings_i.event_window),
      .close_cycles_i (settings_i.close),
      .tail_cycles_i  (settings_i.tail),
      .gather_cycles_i(gather_cycles_i),
      .event_valid_i  (event_valid_i),
      .event_row_i    (event_row_i),
      .event_ready_o  (event_ready_o),
      .event_hot_o    (event_hot_o),
      .row_next_o     (event_rows),
      .wake_o         (event_wake),
      .integ_o        (event_integ),
      .busy_o         (event_busy),
      .counts_o       (counts)
  );

  image_sequencer #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_image (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .start_i        (takes),
      .stop_i         (stop),
      .grant_i        (1'b1),
      .planes_i       (planes),
      .lowest_i       (settings_i.lowest),
      .window_cycles_i({settings_i.window3, settings_i.window2, settings_i.window1, settings_i.window0}),
      .ratio_i        ({settings_i.ratio3, settings_i.ratio2, settings_i.ratio1, settings_i.ratio0}),
      .clear_cycles_i (settings_i.clear),
      .lead_cycles_i  (settings_i.lead),
      .open_cycles_i  (settings_i.open),
      .close_cycles_i (settings_i.close),
      .tail_cycles_i  (settings_i.tail),
      .step_cycles_i  (step),
      .top_code_i     (settings_i.top),
      .spike_i        (spike_i & ~mask_i),
      .row_next_o     (image_rows),
      .wake_o         (image_wake),
      .integ_o        (image_integ),
      .ratio_o        (image_ratio),
      .hold_o         (image_hold),
      .discharge_o    (image_discharge),
      .threshold_o    (image_threshold),
      .busy_o         (image_busy),
      .done_o         (done),
      .found_o        (found),
      .winner_o       (winner)
  );

  // Who won stays while the next image runs.
  logic                   found_q, ended_q;
  logic [WinnerWidth-1:0] winner_q;
  logic [7:0]             count_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      found_q  <= 1'b0;
      winner_q <= '0;
      count_q  <= '0;
      ended_q  <= 1'b0;
    end else begin
      ended_q <= done;
      if (done) begin
        found_q  <= found;
        winner_q <= winner;
        count_q  <= count_q + 8'd1;
      end
    end
  end

  assign state_o.found  = found_q;
  assign state_o.neuron = controller_pkg::NeuronAddressWidth'(winner_q);
  assign state_o.count  = count_q;
  assign state_o.full   = full;
  assign state_o.waits  = waits_q;
  assign state_o.busy   = image_busy;
  assign state_o.ended  = ended_q;

  // Toward the core.
  logic [Neurons-1:0] open_q;
  logic [2:0]         ratio_b_q;
  logic               hold_q;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      rows_q    <= '0;
      open_q    <= '0;
      ratio_b_q <= '1;
      hold_q    <= 1'b1;
    end else begin
      rows_q    <= event_rows | image_rows;
      open_q    <= ~mask_i & {Neurons{image_busy & ~image_discharge}};
      ratio_b_q <= ~(image_busy ? image_ratio : settings_i.event_ratio);
      hold_q    <= (image_busy & image_hold) | ~enable_i;
    end
  end

  assign rows_o         = rows_q;
  assign wake_o         = event_wake | image_wake;
  assign integ_o        = event_integ | image_integ;
  assign rows_busy_o    = event_wake | image_busy;
  assign busy_o         = event_busy | image_busy | waits_q;
  assign hold_neurons_o = image_busy | takes;
  // A cycle after the last change what follows it has followed.
  assign moves          = busy_o | counts | event_valid_i | done | ended_q | state_o.references_busy;
  assign active_o       = moves | moves_q;

  always_ff @(posedge clk_i) moves_q <= moves;

  assign open_o         = open_q;
  assign ratio_b_1v8_o  = ratio_b_q;
  assign hold_1v8_o     = hold_q;

  // At rest again while the membranes are still discharged, so that it has settled when they are let go.
  assign threshold = (image_busy & ~image_discharge) ? image_threshold : settings_i.rest;

  reference_port u_references (
      .clk_i                (clk_i),
      .rst_i                (rst_i),
      .threshold_i          (threshold),
      .write_i              (request_i.word),
      .data_i               (word_data_i),
      .missing_o            (state_o.no_such_word),
      .word_o               (state_o.word),
      .data_o               (state_o.data),
      .busy_o               (state_o.references_busy),
      .reference_d_1v8_o    (reference_d_1v8_o),
      .reference_write_1v8_o(reference_write_1v8_o)
  );

endmodule

`default_nettype wire
