// Catches the neurons' spikes, holds each fired neuron discharged and offers its event, in the order of the spikes, one at a time
// (spike_queue).
//
// A neuron stays discharged for the refractory time, until its event is taken and until its comparator has fallen:
// while an event waits its neuron cannot fire, so none is lost, and no spike counts twice. A masked neuron, and every
// neuron while disabled or in reset, is held discharged, but for those that release_i names while disabled. With winner-take-all one
// neuron fires at a time; all are then held discharged for inhibit_cycles_i.
//
// hold_i holds all. A comparator that rose before such a hold ended, or before the neurons were enabled, counts for nothing: what comes out
// of the synchroniser's two flip-flops in the first two cycles after it is from before.
`default_nettype none

module spike_collector #(
    parameter int unsigned Neurons = 32
) (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire                           awake_i,         // settings or software may change something
    input  wire                           enable_i,
    input  wire  [Neurons-1:0]            mask_i,
    input  wire                           hold_i,
    input  wire  [Neurons-1:0]            release_i,
    input  wire                           winner_i,        // winner-take-all
    input  wire  [15:0]                   inhibit_cycles_i, // 0 counts as 1
    input  wire  [3:0]                    refractory_count_i,
    input  wire  [9:0]                    refractory_prescale_i,

    input  wire  [Neurons-1:0]            spike_i,         // synchronised
    output logic [Neurons-1:0]            discharge_1v8_o,
    output logic [Neurons-1:0]            fires_o,         // spikes that count, one cycle

    output logic                          event_valid_o,
    output logic [controller_pkg::NeuronAddressWidth-1:0] neuron_o,
    input  wire                           event_take_i
);

  logic [Neurons-1:0] pending_q, refractory_q;
  logic               counts_q;  // inhibit_q is not 0, which to see takes a chain of gates

  logic [9:0] prescale_q;
  logic       tick;

  // A tick every prescale + 1 cycles, common to all neurons.
  assign tick = prescale_q == '0;

  always_ff @(posedge clk_i) begin
    if (rst_i || !enable_i || tick) begin
      prescale_q <= refractory_prescale_i;
    end else begin
      prescale_q <= prescale_q - 10'd1;
    end
  end

  // All but the ticks stands still while no spike comes or waits, no neuron is refractory and hold_i stays. In the cycle after the last change
  // the outputs follow.
  logic [2:0] hold_q;
  logic       stale, hold, active, active_q, gated_clk, queue_active;

  assign hold   = hold_i | ~enable_i;
  assign active = (|spike_i) | (|refractory_q) | (|pending_q) | queue_active | counts_q | (hold_q != {3{hold}});

  always_ff @(posedge clk_i) active_q <= active;

  clock_gate u_clock (
      .clk_i   (clk_i),
      .enable_i(rst_i | awake_i | active | active_q),
      .clk_o   (gated_clk)
  );

  always_ff @(posedge gated_clk) begin
    if (rst_i) begin
      hold_q <= '1;
    end else begin
      hold_q <= {hold_q[1:0], hold};
    end
  end

  assign stale = hold_q[1] | hold_q[2];

  logic [Neurons-1:0] take, candidates, first, fires_all;
  logic [15:0]        inhibit_q;
  logic               inhibited, inhibits;

  lowest_bit #(
      .Width(Neurons)
  ) u_first (
      .bits_i(candidates), .lowest_o(first)
  );

  // Winner-take-all: of neurons that cross together the lowest wins; the others are discharged without an event.
  assign inhibited = winner_i & counts_q;
  assign inhibits  = winner_i & (|fires_all);
  assign fires_all = winner_i ? first & ~{Neurons{inhibited}} : candidates;
  assign fires_o   = fires_all;

  always_ff @(posedge gated_clk) begin
    if (rst_i || !enable_i) begin
      inhibit_q <= '0;
      counts_q  <= 1'b0;
    end else if (inhibits) begin
      inhibit_q <= (inhibit_cycles_i == '0) ? 16'd1 : inhibit_cycles_i;
      counts_q  <= 1'b1;
    end else if (counts_q) begin
      inhibit_q <= inhibit_q - 16'd1;
      counts_q  <= inhibit_q != 16'd1;
    end
  end

  for (genvar n = 0; n < Neurons; n++) begin : gen_neuron
    logic [3:0] count_q;
    logic       discharge_q, fires, refractory_d, pending_d;

    assign take[n] = event_take_i & (neuron_o == controller_pkg::NeuronAddressWidth'(n));
    assign candidates[n] = spike_i[n] & ~discharge_q & ~stale;
    assign fires   = fires_all[n];
    assign refractory_d = fires | (refractory_q[n] & ~(tick & (count_q == '0)));
    assign pending_d    = fires | (pending_q[n] & ~take[n]);

    always_ff @(posedge gated_clk) begin
      if (rst_i || !enable_i) begin
        count_q         <= '0;
        refractory_q[n] <= 1'b0;
        pending_q[n]    <= 1'b0;
      end else begin
        if (fires) begin
          count_q <= refractory_count_i;
        end else if (tick && (count_q != '0)) begin
          count_q <= count_q - 4'd1;
        end
        refractory_q[n] <= refractory_d;
        pending_q[n]    <= pending_d;
      end
    end

    always_ff @(posedge gated_clk or posedge rst_i) begin
      if (rst_i) begin
        discharge_q <= 1'b1;
      end else if (!enable_i) begin
        discharge_q <= ~release_i[n];
      end else begin
        discharge_q <= refractory_d | pending_d | mask_i[n] | hold_i | spike_i[n] | inhibits | inhibited;
      end
    end

    assign discharge_1v8_o[n] = discharge_q;
  end

  spike_queue #(
      .Neurons(Neurons)
  ) u_queue (
      .clk_i   (gated_clk), .rst_i(rst_i),
      .clear_i (~enable_i),
      .fires_i (fires_all),
      .active_o(queue_active),
      .valid_o (event_valid_o),
      .neuron_o(neuron_o),
      .take_i  (event_take_i)
  );

endmodule

`default_nettype wire
