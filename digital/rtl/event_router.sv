// Spikes of two cores become events of rows of either core and events of the pins; events of the pins become events of rows.
//
// All ports are 4-phase, as those of the controllers: aer_sender and event_input. Each may belong to a clock of its own.
//
//   spike 0 --> event_input --+              +--> queue --> aer_sender --> row events of core 0
//   spike 1 --> event_input --+--> a route --+--> queue --> aer_sender --> row events of core 1
//   pins    --> event_input --+              +--> queue --> aer_sender --> pins
//
// The sources are looked at in turn, one a cycle. A neuron's route names places; its event goes into the queues of all of them at once,
// and is acknowledged then. So a full queue holds back its senders, nothing is lost on the way, and events of one source keep their order.
// The pins name core and row themselves: bit 7 and bits 6 to 0 of the address.
//
// Nobody starves: the first source that finds a queue full reserves the queues that it wants. Until it is served no other source fills them.
`default_nettype none

module event_router #(
    parameter int unsigned Rows = 64,     // of a core, 2 to 128
    parameter int unsigned Neurons = 32,  // of a core, 2 to 64
    parameter int unsigned Depth = 4      // of a queue: a power of two, 2 to 8
) (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         wbs_cyc_i,
    input  wire         wbs_stb_i,
    input  wire         wbs_we_i,
    input  wire  [3:0]  wbs_sel_i,
    input  wire  [31:0] wbs_adr_i,
    input  wire  [31:0] wbs_dat_i,
    output logic        wbs_ack_o,
    output logic [31:0] wbs_dat_o,

    // Events out of the cores.
    input  wire  [1:0]      spike_req_i,
    input  wire  [1:0][6:0] spike_neuron_i,
    output logic [1:0]      spike_ack_o,

    // Events into the cores.
    output logic [1:0]      row_req_o,
    output logic [1:0][6:0] row_address_o,
    input  wire  [1:0]      row_ack_i,

    // Pins.
    input  wire         in_req_i,
    input  wire  [7:0]  in_address_i,   // core, row
    output logic        in_ack_o,
    output logic        out_req_o,
    output logic [6:0]  out_address_o,  // core, neuron
    input  wire         out_ack_i
);

  localparam int unsigned Sources = 3, Places = 3;
  localparam logic [1:0] Pins = 2'd2;

  logic        enable;
  logic [15:0] timeout;

  // Receivers.
  logic [Sources-1:0]      req, ack, valid, ready, bad, dropped, stuck;
  logic [Sources-1:0][7:0] address, event_address;
  logic [Places-1:0]       place_ack;

  synchronizer #(
      .Width(Sources + Places)
  ) u_synchronizer (
      .clk_i  (clk_i),
      .rst_i  (rst_i),
      .async_i({in_req_i, spike_req_i, out_ack_i, row_ack_i}),
      .sync_o ({req, place_ack})
  );

  assign address                 = {in_address_i, 1'b0, spike_neuron_i[1], 1'b0, spike_neuron_i[0]};
  assign {in_ack_o, spike_ack_o} = ack;

  // What event_input has for software.
  logic [Sources-1:0]      busy, overflow;
  logic [Sources-1:0][7:0] written;

  for (genvar s = 0; s < Sources; s++) begin : gen_receiver
    event_input #(
        .Rows((s == Sources - 1) ? 256 : Neurons)
    ) u_input (
        .clk_i           (clk_i),
        .rst_i           (rst_i),
        .awake_i         (1'b0),      // what requests of a port move alone is left
        .enable_i        (enable),
        .aer_enable_i    (enable),
        .timeout_cycles_i(timeout),
        .aer_req_i       (req[s]),
        .aer_address_i   (address[s]),
        .aer_ack_o       (ack[s]),
        .write_i         (1'b0),
        .write_row_i     (8'd0),
        .write_busy_o    (busy[s]),
        .write_row_o     (written[s]),
        .event_valid_o   (valid[s]),
        .event_row_o     (event_address[s]),
        .event_ready_i   (ready[s]),
        .bad_address_o   (bad[s]),
        .dropped_o       (dropped[s]),
        .stuck_o         (stuck[s]),
        .overflow_o      (overflow[s])
    );
  end

  // The source whose turn it is, and where its event goes.
  logic [1:0]         turn_q, holder_q;
  logic               reserved_q, bus_at_route, waits, other, blocked, take, row_exists;
  logic [7:0]         now;
  logic [Places-1:0]  want, held_q, full, push, pop, lost, queue_valid;
  router_map::route_t route;

  assign now        = event_address[turn_q];
  assign row_exists = {1'b0, now[6:0]} < 8'(Rows);

  always_comb begin
    if (turn_q == Pins) want = row_exists ? {1'b0, now[7], ~now[7]} : '0;
    else want = {route.out, route.core1, route.core0};
  end

  assign waits   = valid[turn_q] & ~bus_at_route;
  assign other   = reserved_q & (holder_q != turn_q);
  assign blocked = |(want & (full | ({Places{other}} & held_q)));
  assign take    = waits & ~blocked;
  assign push    = {Places{take}} & want;

  always_comb begin
    ready         = '0;
    ready[turn_q] = take;
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      turn_q     <= '0;
      holder_q   <= '0;
      held_q     <= '0;
      reserved_q <= 1'b0;
    end else if (!bus_at_route) begin
      turn_q <= (turn_q == Pins) ? '0 : turn_q + 2'd1;
      if (!other) begin
        reserved_q <= waits & blocked;
        holder_q   <= turn_q;
        held_q     <= want;
      end
    end
  end

  // Queues and senders.
  logic [Places-1:0][6:0] data, head, sent_address;
  logic [Places-1:0][3:0] count;
  logic [Places-1:0]      place_req, idle, active;

  assign data[0] = (turn_q == Pins) ? now[6:0] : route.row0;
  assign data[1] = (turn_q == Pins) ? now[6:0] : route.row1;
  assign data[2] = {turn_q[0], now[5:0]};

  for (genvar p = 0; p < Places; p++) begin : gen_place
    router_queue #(
        .Width(7),
        .Depth(Depth)
    ) u_queue (
        .clk_i  (clk_i),
        .rst_i  (rst_i),
        .push_i (push[p]),
        .data_i (data[p]),
        .full_o (full[p]),
        .pop_i  (pop[p]),
        .valid_o(queue_valid[p]),
        .data_o (head[p]),
        .count_o(count[p])
    );

    aer_sender u_sender (
        .clk_i           (clk_i),
        .rst_i           (rst_i),
        .enable_i        (1'b1),
        .timeout_cycles_i(timeout),
        .event_valid_i   (queue_valid[p]),
        .event_neuron_i  (head[p]),
        .event_take_o    (pop[p]),
        .lost_o          (lost[p]),
        .idle_o          (idle[p]),
        .active_o        (active[p]),
        .aer_req_o       (place_req[p]),
        .aer_address_o   (sent_address[p]),
        .aer_ack_i       (place_ack[p])
    );
  end

  assign {out_req_o, row_req_o}         = place_req;
  assign {out_address_o, row_address_o} = sent_address;

  // Registers and routes.
  router_map::status_t status;

  always_comb begin
    status       = '0;
    status.waits = valid;
    status.out   = count[2];
    status.core1 = count[1];
    status.core0 = count[0];
  end

  // How many of three.
  function automatic logic [1:0] ones(input logic [2:0] bits);
    ones = {1'b0, bits[0]} + {1'b0, bits[1]} + {1'b0, bits[2]};
  endfunction

  logic [1:0] queued, sent, unknown, losses;
  logic [2:0] broken;
  logic       unrouted;

  assign queued   = ones(push);
  assign sent     = ones(pop & ~lost);
  assign losses   = ones(lost);
  assign unrouted = take & (want == '0) & (turn_q != Pins);
  assign unknown  = ones({take & (turn_q == Pins) & ~row_exists, bad[1:0]});
  assign broken   = {1'b0, ones(dropped)} + {1'b0, ones(stuck)};

  router_registers #(
      .Rows   (Rows),
      .Neurons(Neurons)
  ) u_registers (
      .clk_i     (clk_i),
      .rst_i     (rst_i),
      .wbs_cyc_i (wbs_cyc_i),
      .wbs_stb_i (wbs_stb_i),
      .wbs_we_i  (wbs_we_i),
      .wbs_sel_i (wbs_sel_i),
      .wbs_adr_i (wbs_adr_i),
      .wbs_dat_i (wbs_dat_i),
      .wbs_ack_o (wbs_ack_o),
      .wbs_dat_o (wbs_dat_o),
      .enable_o  (enable),
      .timeout_o (timeout),
      .status_i  (status),
      .queued_i  (queued),
      .sent_i    (sent),
      .unrouted_i(unrouted),
      .unknown_i (unknown),
      .lost_i    (losses),
      .broken_i  (broken),
      .source_i  ({turn_q[0], now[5:0]}),
      .at_route_o(bus_at_route),
      .route_o   (route)
  );

  logic unused;
  assign unused = &{1'b0, busy, written, overflow, idle, active, bad[2], route.none7, route.none15, route.none19};

  // What address and status have room for.
  if (Rows > 128 || Neurons > 64 || Depth > 8) begin : gen_too_large
    $error("event_router: at most 128 rows, 64 neurons and 8 events in a queue");
  end

endmodule

`default_nettype wire
