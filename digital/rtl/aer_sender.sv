// Sends neuron events over a 4-phase port: address, then request; acknowledge; request off; acknowledge off.
//
// Both waits for the receiver are bounded by timeout_cycles_i: an event that is not acknowledged in time is dropped and reported on lost_o.
`default_nettype none

module aer_sender (
    input  wire                           clk_i,
    input  wire                           rst_i,
    input  wire                           enable_i,
    input  wire  [15:0]                   timeout_cycles_i,

    input  wire                           event_valid_i,
    input  wire  [controller_pkg::NeuronAddressWidth-1:0] event_neuron_i,
    output logic                          event_take_o,    // sent or lost
    output logic                          lost_o,
    output logic                          idle_o,
    output logic                          active_o,        // something here can change

    output logic                          aer_req_o,
    output logic [controller_pkg::NeuronAddressWidth-1:0] aer_address_o,
    input  wire                           aer_ack_i        // synchronised
);

  typedef enum logic [1:0] {
    Idle,
    Setup,   // address valid, wait for the last acknowledge to end
    Request
  } state_e;

  state_e                        state_q, state_d;
  logic                          req_q, busy_q;
  logic [controller_pkg::NeuronAddressWidth-1:0] address_q;
  logic [15:0]                   timer_q, timer_d;
  logic                          timed_out, sent, lost;

  assign timed_out = timer_q <= 16'd1;
  assign sent      = event_valid_i && (state_q == Request) && aer_ack_i;
  assign lost      = event_valid_i && (state_q != Idle) && timed_out && (aer_ack_i == (state_q == Setup));

  always_comb begin
    state_d = state_q;
    timer_d = timed_out ? timer_q : timer_q - 16'd1;
    case (state_q)
      Idle: begin
        timer_d = timeout_cycles_i;
        if (enable_i && event_valid_i) state_d = Setup;
      end
      Setup: if (!aer_ack_i) begin
        state_d = Request;
        timer_d = timeout_cycles_i;
      end
      default: ;
    endcase
    // Also when the event goes away because the chip is disabled.
    if (sent || lost || !event_valid_i) state_d = Idle;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q   <= Idle;
      req_q     <= 1'b0;
      address_q <= '0;
      timer_q   <= '0;
      busy_q    <= 1'b0;
    end else begin
      busy_q  <= state_q != Idle;  // the timer is set once more
      state_q <= state_d;
      req_q   <= state_d == Request;
      timer_q <= timer_d;
      if (state_q == Idle && state_d == Setup) address_q <= event_neuron_i;
    end
  end

  assign event_take_o  = sent | lost;
  assign lost_o        = lost;
  assign idle_o        = state_q == Idle;
  assign active_o      = (state_q != Idle) | busy_q | event_valid_i;
  assign aer_req_o     = req_q;
  assign aer_address_o = address_q;

endmodule

`default_nettype wire
