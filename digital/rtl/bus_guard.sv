// Refuses accesses that the register map does not allow: they are acknowledged, read 0, change nothing and are told.
`default_nettype none

module bus_guard (
    input  wire                            request_i,
    input  wire                            we_i,
    input  wire  [3:0]                     sel_i,
    input  wire  [31:0]                    address_i,
    input  wire                            lock_i,
    input  wire                            job_i,          // a job runs
    input  wire                            results_i,      // results wait
    input  wire                            levels_full_i,
    input  wire                            levels_closed_i, // a job has ended, the next has not been prepared
    input  wire                            pixels_full_i,
    input  wire                            running_i,      // the neurons run, or what they began does
    input  wire                            image_i,        // an image runs or waits
    input  wire                            learning_i,     // spikes may teach, or one does
    output logic                           pass_o,
    output logic                           refused_o,
    output controller_pkg::bus_error_e     error_o
);

  logic [6:0] word;
  logic       outside, busy, running;

  assign word    = address_i[8:2];
  assign outside = (address_i[31:9] != controller_map::Base[31:9]) | ~controller_map::Exists[word];

  assign running = (controller_map::Halted[word] & running_i) | (controller_map::Imaged[word] & image_i) |
      (controller_map::Taught[word] & learning_i);
  assign busy = (controller_map::Frozen[word] & job_i) | (controller_map::Ordered[word] & (job_i | results_i));

  always_comb begin
    error_o = controller_pkg::BusNone;
    if (address_i[1:0] != '0 || sel_i != '1) error_o = controller_pkg::BusPartial;
    else if (outside) error_o = controller_pkg::BusReserved;
    else if (we_i) begin
      if (!controller_map::Writable[word]) error_o = controller_pkg::BusReadOnly;
      else if (controller_map::Guarded[word] && lock_i) error_o = controller_pkg::BusLocked;
      else if (busy) error_o = controller_pkg::BusBusy;
      else if (running) error_o = controller_pkg::BusRunning;
      else if (word == controller_map::LevelsWord && levels_closed_i) error_o = controller_pkg::BusEnded;
      else if (word == controller_map::LevelsWord && levels_full_i) error_o = controller_pkg::BusFull;
      else if (word == controller_map::PixelsWord && pixels_full_i) error_o = controller_pkg::BusFull;
    end
  end

  assign pass_o    = request_i & (error_o == controller_pkg::BusNone);
  assign refused_o = request_i & (error_o != controller_pkg::BusNone);

endmodule

`default_nettype wire
