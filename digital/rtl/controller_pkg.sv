// What the modules of the controller share: the pin map (also read by tests and documents), the settings of the ISPP algorithm
// and the states of the array's lines.
//
// io[0..4] stay free for the harness' own debug and SPI functions; io[5] and io[6] are its serial line where software on the management
// core wants one, and the SPI port's from power-up until then. The widths serve the largest chip (256 rows and columns,
// 128 neurons).
`default_nettype none

package controller_pkg;

  localparam int unsigned IoWidth = 27;

  localparam int unsigned RowAddressWidth = 8;
  localparam int unsigned ColumnAddressWidth = 8;
  localparam int unsigned NeuronAddressWidth = 7;

  // Events in: the sender drives request and address, the chip acknowledges.
  localparam int unsigned AerInReqPin = 14;
  localparam int unsigned AerInAckPin = 15;
  localparam int unsigned AerInAddressPin = 16;  // 16 .. 23

  // Events out: the chip drives request and address, the receiver acknowledges.
  localparam int unsigned AerOutReqPin = 24;
  localparam int unsigned AerOutAckPin = 25;
  localparam int unsigned AerOutAddressPin = 7;  // 7 .. 13

  // SPI port: clock, data in both directions, select (active low).
  localparam int unsigned SpiClockPin = 5;
  localparam int unsigned SpiDataPin = 6;
  localparam int unsigned SpiSelectPin = 26;

  // Switches of the array's lines, as on the pins: at most one on in each group of lines.
  typedef struct packed {
    logic sel_program;
    logic sel_sense;
    logic sel_ground;
    logic unsel_ground;
    logic unsel_inhibit;
    logic sl_program;
    logic sl_ground;
    logic sl_neuron;
    logic wl_dac;
    logic wl_full;
  } lines_t;

  // The only states that the interlock lets through. Form and set are the same to the lines.
  localparam lines_t LinesOpen    = 10'b000_00_000_00;
  localparam lines_t LinesIdle    = 10'b001_10_010_01;
  localparam lines_t LinesNeuron  = 10'b000_00_001_01;
  localparam lines_t LinesProgram = 10'b100_10_010_10;
  localparam lines_t LinesReset   = 10'b001_01_100_10;
  localparam lines_t LinesSense   = 10'b010_10_010_01;

  // Codes of the three DACs.
  typedef struct packed {
    logic       fine;  // range of the WL DAC
    logic [5:0] wl;
    logic [5:0] bl;
    logic [5:0] sl;
  } codes_t;

  // Nothing leaves the interlock above these.
  typedef struct packed {
    logic [5:0] wl;
    logic [5:0] wl_fine;
    logic [5:0] bl;
    logic [5:0] sl;
    logic [9:0] width;
    logic [5:0] pulses;
  } limits_t;

  // ISPP algorithm: names and meaning as in digital/model/ispp_registers.py.
  typedef enum logic [1:0] {
    Form  = 2'd0,
    Set   = 2'd1,
    Reset = 2'd2
  } kind_e;

  typedef enum logic [2:0] {
    OpForm    = 3'd0,
    OpSet     = 3'd1,
    OpReset   = 3'd2,
    OpRead    = 3'd3,
    OpProgram = 3'd4,
    OpRefresh = 3'd5,
    OpOffset  = 3'd6,
    OpHold    = 3'd7
  } operation_e;

  typedef enum logic [2:0] {
    Ok         = 3'd0,
    StuckLow   = 3'd1,
    StuckHigh  = 3'd2,
    TimedOut   = 3'd3,
    FormFailed = 3'd4,
    NoAnswer   = 3'd5
  } outcome_e;

  typedef struct packed {
    logic [5:0] wl_start;
    logic [4:0] wl_step;
    logic [5:0] wl_stop;
    logic       fine;
    logic [5:0] line_start;
    logic [3:0] line_step;
    logic [5:0] line_stop;
    logic [9:0] width;
  } stage_t;

  typedef struct packed {
    stage_t     form_stage;
    stage_t     set_stage;
    stage_t     reset_stage;
    logic [7:0] form_code;
    logic [7:0] set_code;
    logic [7:0] reset_code;
    logic [5:0] tolerance;
    logic [5:0] keep;
    logic [7:0] offset;  // signed
    logic [7:0] knee;
    logic [5:0] slope_low;
    logic [5:0] slope_high;
    logic [5:0] step_gain;
    logic [4:0] step_min;
    logic [4:0] step_max;
    logic [5:0] back_gain;
    logic [4:0] retry_back;
    logic       reset_first;
    logic [5:0] pulse_limit;
    logic [2:0] stop_tries;
  } ispp_t;

  typedef struct packed {
    logic [7:0] base;
    logic [7:0] step;
    logic [4:0] max_level;
  } grid_t;

  typedef struct packed {
    logic [7:0] row_first;
    logic [7:0] row_last;
    logic [7:0] col_first;
    logic [7:0] col_last;
  } region_t;

  typedef struct packed {
    logic       range;
    logic [1:0] count;
    logic [1:0] shift;
    logic [7:0] margin;
  } read_t;

  typedef struct packed {
    logic [5:0] gap;
    logic [7:0] program_settle;
    logic [7:0] read_settle;
    logic [7:0] wake;
  } path_timing_t;

  typedef struct packed {
    logic [7:0] sample;
    logic [3:0] hold;
    logic [3:0] trial;
    logic [7:0] watchdog;
  } adc_timing_t;

  // Row pulses, neurons and address events.
  typedef struct packed {
    logic        enable;
    logic        multi_hot;
    logic        signed_phase;
    logic        aer_in;
    logic        aer_out;
    logic        winner;
    logic        learn;
    logic        parity;
    logic [15:0] inhibit;
    logic [7:0]  phi_1;
    logic [7:0]  phi_2;
    logic [11:0] window_learn;
    logic [2:0]  error;
    logic [7:0]  settle;
    logic [7:0]  gap;
    logic [7:0]  phi_p;
    logic [7:0]  phi_n;
    logic [9:0]  window;
    logic [3:0]  refractory_count;
    logic [9:0]  refractory_prescale;
    logic [15:0] timeout;
  } neuron_settings_t;

  // One entry of the result FIFO.
  localparam int unsigned ResultWidth = 17;
  typedef struct packed {
    outcome_e   outcome;
    logic [5:0] pulses;
    logic [7:0] code;
  } result_t;

  // Why a job was refused or ended; 1 to 6 as JobError in digital/model/ispp.py.
  typedef enum logic [3:0] {
    JobNone      = 4'd0,
    JobRegion    = 4'd1,
    JobLevel     = 4'd2,
    JobOrder     = 4'd3,
    JobStep      = 4'd4,
    JobLimit     = 4'd5,
    JobZero      = 4'd6,  // (7 was an operation that there is not)
    JobKey       = 4'd8,  // the key is not set, or was taken away
    JobNoAnswer  = 4'd9,  // the converter did not answer
    JobInterlock = 4'd10, // the interlock refused a pulse
    JobStopped   = 4'd11  // ended by STOP; also when only the last cell's result was lost by it
  } job_error_e;

  // Why a bus access was refused.
  typedef enum logic [3:0] {
    BusNone     = 4'd0,
    BusPartial  = 4'd1,  // unaligned, or not all four bytes
    BusReserved = 4'd2,  // no register there, or not an address of this chip
    BusReadOnly = 4'd3,
    BusLocked   = 4'd4,
    BusBusy     = 4'd5,  // not while a job runs, or while results wait
    BusFull     = 4'd6,  // no room for levels
    BusRunning  = 4'd7,  // not while the neurons run, or a row pulse or waveform that they began
    BusNeuron   = 4'd8,  // no such neuron
    BusEnded    = 4'd9,  // levels after the end of a job: REGION or STOP first
    BusImage    = 4'd10  // an image that cannot start
  } bus_error_e;

  // The bus of the registers, behind the choice between Wishbone and SPI.
  typedef struct packed {
    logic        cyc;
    logic        stb;
    logic        we;
    logic [3:0]  sel;
    logic [31:0] adr;
    logic [31:0] dat;
    logic        spi;  // the access is the SPI port's
  } bus_t;

  // States that the logic analyser sees, la_data_out[31:0].
  typedef struct packed {
    logic [9:0] lines;          // 31:22, as on the pins, from sel_program down to wl_full
    logic       row;            // 21, a row is on
    logic       phase;          // 20, phi_p, phi_n, phi_1, phi_2 or integ
    logic       fire;           // 19, a neuron drives its columns
    logic       job_grant;      // 18, the array is the job's
    logic       job_busy;       // 17
    logic       waits_level;    // 16
    logic       waits_room;     // 15
    logic       dac_enable;     // 14
    logic       adc_enable;     // 13
    logic       adc_strobe;     // 12
    logic       rows_busy;      // 11, row pulse, image or event under way
    logic       learning_busy;  // 10
    logic       event_valid;    // 9, a row event waits
    logic       aer_in_req;     // 8, synchronised
    logic       spike_valid;    // 7, a spike waits
    logic       aer_out_ack;    // 6, synchronised
    logic       awake;          // 5, the clocks of all modules run
    logic       spi_busy;       // 4, an SPI frame, or its access
    logic       spi;            // 3, the bus is the SPI port's
    logic       request;        // 2, of the bus
    logic       write;          // 1
    logic       ack;            // 0
  } monitor_t;

endpackage

`default_nettype wire
