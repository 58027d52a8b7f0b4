// Writes the configuration latches of the neurons: threshold trim, test switch; image_requests has the trim of the pair.
//
// All neurons share the data and the write line. A neuron's latches are open while the line and its own discharge are high: the neurons
// that a write does not mean are released from discharge (release_o, which spike_collector follows one cycle later) for that time. After
// the write, one column a cycle:
//
// step             0   1   2   3   4   5   0
// data           old   new ...
// discharge      all all  selected ....  all
// config           0   0   0   1   1   0   0
//
// The latches at the neurons cannot be read, and no copy is kept: NEURON_CONFIG reads as the last write taken.
//
// busy_o holds off the bus meanwhile: no neuron is enabled, no job started and nothing else written before all are discharged again.
// In reset the latches of all neurons are open and get the default.
`default_nettype none

module neuron_config #(
    parameter int unsigned Neurons = 32
) (
    input  wire                clk_i,
    input  wire                rst_i,
    input  wire                write_i,      // not while busy
    input  wire  [15:0]        data_i,       // as in NEURON_CONFIG
    output logic               missing_o,    // such a write is not taken: there is no such neuron
    output logic               taken_o,
    output logic               all_o,        // the last write taken was to all neurons
    output logic [6:0]         neuron_o,     // whom it named
    output logic               busy_o,
    output logic [Neurons-1:0] release_o,
    output logic [2:0]         trim_1v8_o,
    output logic               test_1v8_o,
    output logic               config_1v8_o
);

  localparam logic [2:0] TrimDefault = 3'd3;

  logic [2:0] step_q, trim_q;
  logic [6:0] neuron_q;
  logic       test_q, all_q, config_q, selects;

  assign missing_o = ~data_i[15] & ({1'b0, data_i[14:8]} >= 8'(Neurons));
  assign taken_o   = write_i & ~missing_o;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      step_q   <= 3'd0;
      config_q <= 1'b1;
      trim_q   <= TrimDefault;
      test_q   <= 1'b0;
      neuron_q <= '0;
      all_q    <= 1'b0;
    end else begin
      config_q <= (step_q == 3'd2) || (step_q == 3'd3);
      if (taken_o) begin
        step_q   <= 3'd1;
        neuron_q <= data_i[14:8];
        all_q    <= data_i[15];
        trim_q   <= data_i[2:0];
        test_q   <= data_i[5];
      end else if (step_q == 3'd5) begin
        step_q <= 3'd0;
      end else if (step_q != 3'd0) begin
        step_q <= step_q + 3'd1;
      end
    end
  end

  assign busy_o  = step_q != 3'd0;
  assign selects = (step_q != 3'd0) & (step_q != 3'd5) & ~all_q;

  for (genvar n = 0; n < Neurons; n++) begin : gen_neuron
    assign release_o[n] = selects & (neuron_q != 7'(n));
  end

  assign all_o        = all_q;
  assign neuron_o     = neuron_q;
  assign trim_1v8_o   = trim_q;
  assign test_1v8_o   = test_q;
  assign config_1v8_o = config_q;

  // Bits of the register that have no field.
  logic unused;
  assign unused = &{1'b0, data_i[7:6], data_i[4:3]};

endmodule

`default_nettype wire
