// The states of its lines, its settings, what software asks of images.
`default_nettype none

package image_pkg;

  // Switches of the array's lines, as on the pins: at most one on in each group of lines. con is a group of its own: it connects all
  // neurons to their bit lines.
  typedef struct packed {
    logic sel_program;
    logic sel_sense;
    logic sel_ground;
    logic unsel_ground;
    logic unsel_inhibit;
    logic sl_program;
    logic sl_ground;
    logic con;
    logic wl_dac;
    logic wl_full;
  } lines_t;

  // The only states that the interlock lets through. Erase is a RESET with vpp itself on the rail of the rows; learn has the rail at the
  // DAC's level and the neurons away from their bit lines, which carry the waveform.
  localparam lines_t LinesOpen    = 10'b000_00_00_0_00;
  localparam lines_t LinesIdle    = 10'b001_10_01_0_01;
  localparam lines_t LinesNeuron  = 10'b000_00_01_1_01;
  localparam lines_t LinesLearn   = 10'b000_00_01_0_10;
  localparam lines_t LinesProgram = 10'b100_10_01_0_10;
  localparam lines_t LinesReset   = 10'b001_01_10_0_10;
  localparam lines_t LinesErase   = 10'b001_01_10_0_01;
  localparam lines_t LinesSense   = 10'b010_10_01_0_01;

  // Codes of the two DACs.
  typedef struct packed {
    logic       fine;  // range of the WL DAC
    logic [5:0] wl;
    logic [5:0] bl;
  } codes_t;

  localparam int unsigned ThresholdWidth = 6;
  localparam logic [ThresholdWidth-1:0] ThresholdDefault = 6'd32;  // of the references in reset: their data is 0 there

  // Words of the block references, each with a write line of its own.
  localparam int unsigned ReferenceWords = 6;
  localparam int unsigned ThresholdWord = 2;

  // Rows that a waveform of learning drives at once, for they share the bit lines of a neuron. The others follow, group by group.
  localparam int unsigned LearnRows = 8;
  localparam int unsigned GroupWidth = 5;

  // How images and events are shown; number of a plane: the bit of the pixels.
  typedef struct packed {
    logic [7:0]      window3;
    logic [7:0]      window2;
    logic [7:0]      window1;
    logic [7:0]      window0;
    logic [2:0]      ratio3;
    logic [2:0]      ratio2;
    logic [2:0]      ratio1;
    logic [2:0]      ratio0;
    logic [1:0]      lowest;
    logic [7:0]      lead;
    logic [7:0]      open;
    logic [7:0]      close;
    logic [7:0]      tail;
    logic [7:0]      clear;
    logic [7:0]      step;
    logic [ThresholdWidth-1:0] top;
    logic [ThresholdWidth-1:0] rest;
    logic [7:0]      event_window;
    logic [2:0]      event_ratio;
  } show_t;

  typedef struct packed {
    logic       fine;   // of the rail while it learns
    logic [5:0] rail;
    logic       erase;  // RESET ends its staircase with vpp
    logic       erase_allowed;
  } path_t;

  // What software asks for, one cycle each.
  typedef struct packed {
    logic start;
    logic stop;
    logic clear;
    logic pixels;  // its data a cycle later
    logic word;    // of the references, its data with it
  } request_t;

  // What software sees of images and of the words of the references.
  typedef struct packed {
    logic       found;   // of the image that ended last
    logic [6:0] neuron;  // as wide as NeuronAddressWidth: lint sees another width
    logic [7:0] count;
    logic       full;
    logic       waits;
    logic       busy;
    logic       ended;   // one cycle
    logic       references_busy;
    logic       no_such_word;   // in the data of a write
    logic [2:0] word;           // of the last write that was taken
    logic [5:0] data;
  } state_t;

endpackage

`default_nettype wire
