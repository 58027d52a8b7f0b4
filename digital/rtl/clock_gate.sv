// Clock with an edge at the end of each cycle with enable_i: a latch, open while the clock is low, and an AND. In the macro it is the
// library's clock gate.
//
// Before a module, enable_i says that something in the module can change: without it every register behind the gate keeps its value anyway,
// so the module does the same with the gate as without. digital/formal proves that of each gate and register (controller: p_gates).
`default_nettype none

module clock_gate #(
    // Lint waiver: a simulation's gate drives what it must.
    /* verilator lint_off UNUSEDPARAM */
    parameter bit Strong = 1'b0  // of four times the drive, before a module whose clock has far to go
    /* verilator lint_on UNUSEDPARAM */
) (
    input  wire  clk_i,
    input  wire  enable_i,  // settled before clk_i rises
    output logic clk_o
);

`ifdef SCL_sky130_fd_sc_hd
  // Lint waiver: LibreLane's model of the cell has supply pins, which the power grid connects.
  /* verilator lint_off PINMISSING */
  if (Strong) begin : gen_strong
    sky130_fd_sc_hd__dlclkp_4 u_cell (
        .CLK (clk_i),
        .GATE(enable_i),
        .GCLK(clk_o)
    );
  end else begin : gen_weak
    sky130_fd_sc_hd__dlclkp_1 u_cell (
        .CLK (clk_i),
        .GATE(enable_i),
        .GCLK(clk_o)
    );
  end
  /* verilator lint_on PINMISSING */
`else
  logic enable_q;

  // Lint waiver: as in latch_word.
  /* verilator lint_off COMBDLY */
  /* verilator lint_off NOLATCH */
  always_latch begin
    if (!clk_i) enable_q <= enable_i;
  end
  /* verilator lint_on NOLATCH */
  /* verilator lint_on COMBDLY */

  assign clk_o = clk_i & enable_q;
`endif

endmodule

`default_nettype wire
