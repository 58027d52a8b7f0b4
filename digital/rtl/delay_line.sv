// Delay of so many of the library's slowest delay cells in a row. In simulation a pulse shorter than one cell's delay is lost in it, as in
// silicon; tools without time see a wire.
`default_nettype none

module delay_line #(
    parameter int unsigned Cells = 1
) (
    input  wire  data_i,
    output logic data_o
);

  logic [Cells:0] data;

  assign data[0] = data_i;
  assign data_o  = data[Cells];

  for (genvar k = 0; k < Cells; k++) begin : gen_cell
`ifdef SCL_sky130_fd_sc_hd
    // Lint waiver: as in clock_gate.
    /* verilator lint_off PINMISSING */
    (* keep *)
    sky130_fd_sc_hd__dlygate4sd3_1 u_cell (
        .A(data[k]),
        .X(data[k+1])
    );
    /* verilator lint_on PINMISSING */
`else
`ifdef __ICARUS__
    // Of a cell at tt, 25 C, 1.80 V, with a unit of time of 1 ns (digital/harden/clock_watch.py).
    localparam real CellNs = 0.53;

    assign #(CellNs) data[k+1] = data[k];
`else
    assign data[k+1] = data[k];
`endif
`endif
  end

endmodule

`default_nettype wire
