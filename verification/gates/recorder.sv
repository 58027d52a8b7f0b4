// A second top beside a netlist under cocotb: what moves at the pins of its cells, to the file of the plusarg vcd. RECORDED: the netlist's top.
`default_nettype none
`timescale 1ns / 1ps

module recorder;

  initial begin
    string path;
    if ($value$plusargs("vcd=%s", path)) begin
      $dumpfile(path);
      $dumpvars(2, `RECORDED);  // the top's nets, and what is in a cell at its pins
    end
  end

endmodule

`default_nettype wire
