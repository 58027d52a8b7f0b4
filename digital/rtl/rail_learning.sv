// learning for neurons that are away from their bit lines meanwhile: the interlock makes a state of its own for the waveform, in which the
// rail of the rows is at the WL DAC's level.
//
// The DAC is on and at its code as long as spikes may teach; software waits for it once. The rail has program_settle_i cycles from the
// state of learning to the first row.
`default_nettype none

module rail_learning #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Neurons = 32
) (
    input  wire                               clk_i,        // stands still while active_o and what changes settings are low
    input  wire                               rst_i,
    input  wire controller_pkg::neuron_settings_t settings_i,
    input  wire image_pkg::path_t             path_i,
    input  wire controller_pkg::limits_t      limits_i,
    input  wire  [7:0]                        program_settle_i,
    input  wire                               event_i,      // as of learning
    input  wire  [Rows-1:0]                   event_hot_i,
    input  wire  [Neurons-1:0]                fires_i,
    input  wire                               ready_i,      // the interlock is in the state of learning
    input  wire                               rows_busy_i,
    output logic                              refused_o,    // as of learning
    output logic                              busy_o,
    output logic                              active_o,
    output logic                              learn_o,      // the state of learning is wanted
    output logic                              dac_1v8_o,    // the DAC is wanted
    output image_pkg::codes_t                 codes_o,
    output logic [Rows-1:0]                   row_next_o,
    output logic [image_pkg::GroupWidth-1:0]  group_next_o,
    output logic                              phi_1_next_o,
    output logic                              phi_2_next_o,
    output logic                              fire_next_o,
    output logic [Neurons-1:0]                neuron_o
);

  logic       teaches, dac_q, learning_active;
  logic [7:0] rail_q;
  logic       fine_q;
  logic [5:0] code_q;

  assign teaches = settings_i.enable & settings_i.learn & settings_i.winner;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      dac_q  <= 1'b0;
      rail_q <= '0;
      fine_q <= 1'b0;
      code_q <= '0;
    end else begin
      dac_q <= teaches | busy_o;
      // The rail stands still through a waveform: only before one does it get its time to settle.
      if (!busy_o) {fine_q, code_q} <= {path_i.fine, path_i.rail};
      if (!ready_i) rail_q <= program_settle_i;
      else if (rail_q != '0) rail_q <= rail_q - 8'd1;
    end
  end

  learning #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_learning (
      .clk_i          (clk_i),
      .rst_i          (rst_i),
      .enable_i       (teaches),
      .settle_cycles_i(settings_i.settle),
      .gap_cycles_i   (settings_i.gap),
      .phi_1_cycles_i (settings_i.phi_1),
      .phi_2_cycles_i (settings_i.phi_2),
      .window_i       (settings_i.window_learn),
      .error_i        (settings_i.error),
      .event_i        (event_i),
      .event_hot_i    (event_hot_i),
      .fires_i        (fires_i),
      .grant_i        (ready_i & (rail_q == '0)),
      .rows_busy_i    (rows_busy_i),
      .allowed_i      (code_q <= (fine_q ? limits_i.wl_fine : limits_i.wl)),
      .refused_o      (refused_o),
      .busy_o         (busy_o),
      .active_o       (learning_active),
      .row_next_o     (row_next_o),
      .group_next_o   (group_next_o),
      .phi_1_next_o   (phi_1_next_o),
      .phi_2_next_o   (phi_2_next_o),
      .fire_next_o    (fire_next_o),
      .neuron_o       (neuron_o)
  );

  assign learn_o      = busy_o & ~rows_busy_i;
  assign active_o     = learning_active | dac_q | (rail_q != program_settle_i) | ({fine_q, code_q} != {path_i.fine, path_i.rail});
  assign dac_1v8_o    = dac_q;
  assign codes_o.fine = fine_q & dac_q;
  assign codes_o.wl   = code_q & {6{dac_q}};
  assign codes_o.bl   = '0;

  // Of what the settings, the path and the limits hold, others need the rest.
  logic unused;
  assign unused = &{1'b0, settings_i, limits_i, path_i.erase, path_i.erase_allowed};

endmodule

`default_nettype wire
