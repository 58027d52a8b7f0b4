// Writes that ask something of images and references: what their data ask for is judged in the second cycle of the access, when they are
// taken. A part of register_block.
`default_nettype none

module image_requests (
    input  wire                         clk_i,
    input  wire                         rst_i,
    input  wire  [31:0]                 data_i,
    input  wire                         enable_i,     // CTRL.enable
    input  wire image_pkg::state_t      state_i,
    input  wire                         image_i,      // a write to IMAGE, and so on; one cycle each
    input  wire                         pixels_i,
    input  wire                         words_i,
    input  wire                         config_i,     // NEURON_CONFIG is taken
    output image_pkg::request_t         request_o,
    output logic                        refused_o,
    output controller_pkg::bus_error_e  error_o,      // with refused_o
    output logic [4:0]                  pair_1v8_o    // goes with what neuron_config takes
);

  localparam logic [4:0] PairDefault = 5'd16;

  logic [4:0] pair_q;
  logic       start, clear, cannot_start;

  assign start        = image_i & data_i[0];
  assign clear        = image_i & data_i[2];
  assign cannot_start = start & (~state_i.full | state_i.waits | clear | ~enable_i);

  assign request_o.start  = start & ~cannot_start;
  assign request_o.stop   = image_i & data_i[1];
  assign request_o.clear  = clear & ~cannot_start;
  assign request_o.pixels = pixels_i;
  assign request_o.word   = words_i;
  assign refused_o = cannot_start | (words_i & state_i.no_such_word);

  always_comb begin
    error_o = controller_pkg::BusNeuron;
    if (cannot_start) error_o = controller_pkg::BusImage;
  end

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) pair_q <= PairDefault;
    else if (config_i) pair_q <= data_i[20:16];
  end

  assign pair_1v8_o = pair_q;

  // Bits of the bus and of the state that it does not look at.
  logic unused;
  assign unused = &{1'b0, data_i[31:21], data_i[15:3], state_i};

endmodule

`default_nettype wire
