// Tells, without a clock, that the clock stands while something drives cells.
//
//   on_i -- and -- delay -- and -- delay -- and -- ... -- and -- lost_o       a line of Groups delays
//            |              |              |              |
//            +--------------+--------------+--------------+------ run         low for PulseCells after each edge of the clock, and without on_i
//
// A 1 walks down the line. Each edge of the clock, of either direction, takes it back: run falls until all delays between two ANDs have
// emptied, which are fewer cells than make the pulse. So the end rises only when the clock has stood, high or low, for the whole line.
//
//  - The line is longer than half a period of the slowest clock at the fast corner; the pulse is shorter than half a period of the fastest
//    clock at the slow corner. digital/harden/clock_watch.py times both with the library and says how long after the last edge lost_o rises.
//  - on_i may be an OR of flip-flops: what it does just after a rising edge falls into the pulse.
//  - lost_o resets the controller, which takes on_i away, and with it lost_o. It is so no shorter than the way through reset and back.
//  - Without on_i nothing moves.
//
// Tools without time have no clock that stands. In Verilator and Yosys' own reader lost_o is 0, and proofs have a model of their own
// (digital/formal). Equivalence (verification/gates) reads the line as a wire: lost_o is on_i, on both sides.
`default_nettype none

module clock_watch #(
    parameter int unsigned Groups = 41,
    parameter int unsigned GroupCells = 4,
    parameter int unsigned PulseCells = 7,
    parameter int unsigned Loads = 14  // ANDs that one buffer of run drives
) (
    input  wire  clock_i,  // of clock_copy
    input  wire  on_i,
    output logic lost_o
);

`ifdef VERILATOR
  `define STILL_CLOCK_UNSEEN
`endif
`ifdef YOSYS
  `define STILL_CLOCK_UNSEEN
`endif

`ifdef STILL_CLOCK_UNSEEN
  logic unused;
  assign unused = &{1'b0, clock_i, on_i, Groups[0], GroupCells[0], PulseCells[0], Loads[0]};
  assign lost_o = 1'b0;
`else
  localparam int unsigned Buffers = Groups / Loads + 1;

  logic               clock, late, still;
  logic [Buffers-1:0] run;
  logic [Groups:0]    line;
  logic [Groups:0]    shifted;

  delay_line #(
      .Cells(PulseCells)
  ) u_pulse (
      .data_i(clock),
      .data_o(late)
  );

  assign shifted[0] = on_i;
  assign lost_o     = line[Groups];

  for (genvar k = 0; k < Groups; k++) begin : gen_group
    delay_line #(
        .Cells(GroupCells)
    ) u_group (
        .data_i(line[k]),
        .data_o(shifted[k+1])
    );
  end

`ifdef SCL_sky130_fd_sc_hd
  // What times the line is given by name: synthesis must not choose it, and repair leaves u_watch.* alone.
  logic equal;

  (* keep *) sky130_fd_sc_hd__and2_2 u_entry (.A(clock_i), .B(on_i), .X(clock));
  (* keep *) sky130_fd_sc_hd__xnor2_2 u_equal (.A(clock), .B(late), .Y(equal));
  (* keep *) sky130_fd_sc_hd__and2_4 u_still (.A(equal), .B(on_i), .X(still));

  for (genvar k = 0; k < Buffers; k++) begin : gen_buffer
    (* keep *) sky130_fd_sc_hd__buf_8 u_run (.A(still), .X(run[k]));
  end
  for (genvar k = 0; k <= Groups; k++) begin : gen_and
    (* keep *) sky130_fd_sc_hd__and2_2 u_and (.A(shifted[k]), .B(run[k / Loads]), .X(line[k]));
  end
`else
  assign clock = clock_i & on_i;
  assign still = (clock ~^ late) & on_i;
  assign run   = {Buffers{still}};

  for (genvar k = 0; k <= Groups; k++) begin : gen_and
    assign line[k] = shifted[k] & run[k / Loads];
  end
`endif
`endif

endmodule

`default_nettype wire
