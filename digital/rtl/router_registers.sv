// Wishbone slave of the event router: its registers and the table of routes, in latches.
//
// A request is judged in its first cycle and done in the second; the answer comes from flip-flops in the third, whatever the address. Data is
// that of the second cycle. A request that goes away before it is not taken. The table has one port: in the cycle in which the bus is at a
// route (at_route_o) nobody else looks one up. So no flip-flop takes a word at the edge that opens its latches for a write.
`default_nettype none

module router_registers #(
    parameter int unsigned Rows = 64,
    parameter int unsigned Neurons = 32
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

    output logic        enable_o,
    output logic [15:0] timeout_o,
    input  wire router_map::status_t status_i,

    // How many in this cycle.
    input  wire  [1:0]  queued_i,
    input  wire  [1:0]  sent_i,
    input  wire         unrouted_i,
    input  wire  [1:0]  unknown_i,
    input  wire  [1:0]  lost_i,
    input  wire  [2:0]  broken_i,

    input  wire  [6:0]  source_i,   // core and neuron
    output logic        at_route_o,
    output router_map::route_t route_o
);

  localparam int unsigned NeuronWidth = $clog2(Neurons);

  // Count that stops at its end.
  function automatic logic [7:0] more(input logic [7:0] count, input logic [2:0] by);
    logic [8:0] sum;
    sum  = {1'b0, count} + {6'd0, by};
    more = sum[8] ? 8'hFF : sum[7:0];
  endfunction

  logic                    request, go_q, act, we_q, good, is_route, write, row_missing;
  logic [9:0]              word, word_q;
  router_map::refusal_e    judged, error_q, error;
  router_map::route_t      data_route;
  router_map::id_t         id;
  router_map::counts_t     counts_q, counts;
  router_map::errors_t     errors_q, errors;
  router_map::refused_t    refused_q, refused;

  assign request = wbs_cyc_i & wbs_stb_i & ~go_q & ~wbs_ack_o;
  assign word    = wbs_adr_i[11:2];

  localparam logic [2:0] RoutePage = router_map::RouteWord[9:7];

  always_comb begin
    judged = router_map::RefusedNone;
    if (wbs_adr_i[1:0] != '0 || wbs_sel_i != '1) judged = router_map::RefusedPartial;
    else if (wbs_adr_i[31:12] != router_map::Base[31:12]) judged = router_map::RefusedReserved;
    else if (word[9:7] == RoutePage) begin
      if ({1'b0, word[5:0]} >= 7'(Neurons)) judged = router_map::RefusedReserved;
    end else begin
      case (word)
        router_map::IdWord, router_map::StatusWord: if (wbs_we_i) judged = router_map::RefusedReadOnly;
        router_map::CtrlWord, router_map::TimeoutWord, router_map::CountsWord, router_map::ErrorsWord, router_map::RefusedWord: ;
        default: judged = router_map::RefusedReserved;
      endcase
    end
  end

  assign act         = go_q & wbs_cyc_i & wbs_stb_i;
  assign is_route    = word_q[9:7] == RoutePage;
  assign data_route  = router_map::route_t'(wbs_dat_i);
  assign row_missing = (data_route.core0 & ({1'b0, data_route.row0} >= 8'(Rows))) |
                       (data_route.core1 & ({1'b0, data_route.row1} >= 8'(Rows)));
  assign good        = act & (error == router_map::RefusedNone);
  assign write       = good & we_q;

  always_comb begin
    error = error_q;
    if (error_q == router_map::RefusedNone && we_q && is_route && row_missing) error = router_map::RefusedRow;
  end

  // Routes.
  localparam int unsigned Words = 2 << NeuronWidth, RouteWidth = 17;

  logic [RouteWidth-1:0]  routes[Words];
  logic [RouteWidth-1:0]  data_q, found;
  logic [NeuronWidth:0]   at, at_q;
  logic                   rst_q;

  assign at_route_o = go_q & is_route;
  assign at_q       = {word_q[6], word_q[NeuronWidth-1:0]};
  assign at         = at_route_o ? at_q : {source_i[6], source_i[NeuronWidth-1:0]};
  assign found      = routes[at];

  always_comb begin
    route_o = '0;
    {route_o.out, route_o.core1, route_o.core0, route_o.row1, route_o.row0} = found;
  end

  always_ff @(posedge clk_i) begin
    rst_q <= rst_i;
    if (write) data_q <= {data_route.out, data_route.core1, data_route.core0, data_route.row1, data_route.row0};
  end

  for (genvar k = 0; k < Words; k++) begin : gen_route
    if ((k % (1 << NeuronWidth)) < Neurons) begin : gen_word
      latch_word #(
          .Width(RouteWidth)
      ) u_word (
          .clk_i  (clk_i),
          .write_i(rst_i | (write & is_route & (at_q == (NeuronWidth + 1)'(k)))),
          .data_i (data_q & {RouteWidth{~rst_q}}),
          .word_o (routes[k])
      );
    end else begin : gen_none
      assign routes[k] = '0;
    end
  end

  // Counts. What comes in the cycle of a write that clears is counted.
  always_comb begin
    counts        = (write && word_q == router_map::CountsWord) ? '0 : counts_q;
    counts.queued = counts.queued + 16'(queued_i);
    counts.sent   = counts.sent + 16'(sent_i);

    errors          = (write && word_q == router_map::ErrorsWord) ? '0 : errors_q;
    errors.unrouted = more(errors.unrouted, {2'd0, unrouted_i});
    errors.unknown  = more(errors.unknown, {1'b0, unknown_i});
    errors.lost     = more(errors.lost, {1'b0, lost_i});
    errors.broken   = more(errors.broken, broken_i);

    refused = (write && word_q == router_map::RefusedWord) ? '0 : refused_q;
    if (act && error != router_map::RefusedNone) begin
      refused.count = more(refused.count, 3'd1);
      refused.code  = error;
    end

    id         = '0;
    id.magic   = router_map::Magic;
    id.neurons = 6'(Neurons - 1);
    id.rows    = 7'(Rows - 1);
  end

  logic [31:0] read;

  always_comb begin
    case (word_q)
      router_map::IdWord:      read = id;
      router_map::CtrlWord:    read = {31'd0, enable_o};
      router_map::TimeoutWord: read = {16'd0, timeout_o};
      router_map::StatusWord:  read = status_i;
      router_map::CountsWord:  read = counts_q;
      router_map::ErrorsWord:  read = errors_q;
      router_map::RefusedWord: read = refused_q;
      default:                 read = route_o;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      go_q      <= 1'b0;
      we_q      <= 1'b0;
      word_q    <= '0;
      error_q   <= router_map::RefusedNone;
      wbs_ack_o <= 1'b0;
      wbs_dat_o <= '0;
      enable_o  <= 1'b0;
      timeout_o <= 16'(router_map::TimeoutReset);
      counts_q  <= '0;
      errors_q  <= '0;
      refused_q <= '0;
    end else begin
      go_q      <= request;
      wbs_ack_o <= act;
      wbs_dat_o <= (good && !we_q) ? read : '0;
      counts_q  <= counts;
      errors_q  <= errors;
      refused_q <= refused;
      if (request) begin
        we_q    <= wbs_we_i;
        word_q  <= word;
        error_q <= judged;
      end
      if (write && word_q == router_map::CtrlWord) enable_o <= wbs_dat_i[0];
      if (write && word_q == router_map::TimeoutWord) timeout_o <= wbs_dat_i[15:0];
    end
  end

  // Bits of the data that no route has, and of a source beyond the neurons there are.
  logic unused;
  assign unused = &{1'b0, data_route.none7, data_route.none15, data_route.none19, source_i, word_q};

endmodule

`default_nettype wire
