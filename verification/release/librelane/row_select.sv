// Eight word lines of an array, one high at a time: a registered address, a decoder and a flip-flop for each line.
//
// A decoder's outputs glitch while its inputs change, and a word line that glitches opens a row of cells. So each line
// has a flip-flop of its own. Bit lines and source lines carry analog levels: they lead to pins of the design.
`default_nettype none

module row_select (
`ifdef USE_POWER_PINS
    inout  wire       vccd1,
    inout  wire       vssd1,
`endif
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       strobe_i,   // opens the addressed row, two clocks later, for one clock
    input  wire [2:0] address_i,
    output wire       active_o,   // a word line is high
    inout  wire [7:0] bl,
    inout  wire [3:0] sl
);
    logic [2:0] address_q;
    logic       strobe_q;
    logic [7:0] row_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
            address_q <= '0;
            strobe_q  <= 1'b0;
            row_q     <= '0;
        end else begin
            address_q <= address_i;
            strobe_q  <= strobe_i;
            row_q     <= strobe_q ? 8'b1 << address_q : '0;
        end
    end

    assign active_o = |row_q;

    array_8x8 u_array (
`ifdef USE_POWER_PINS
        .vss(vssd1),
`endif
        .wl(row_q),
        .bl(bl),
        .sl(sl)
    );
endmodule

`default_nettype wire
