// Runs on the RTL and on the hardened netlist alike: what reaches the pins of the array is looked at, not what leads there.
`default_nettype none
`timescale 1ns / 1ps

module row_select_tb;
    logic       clk = 1'b0, rst_n = 1'b0, strobe = 1'b0;
    logic [2:0] address = '0;
    wire        active;
    wire  [7:0] bl;
    wire  [3:0] sl;
    int         wrong = 0;

    row_select dut (
`ifdef USE_POWER_PINS
        .vccd1(1'b1), .vssd1(1'b0),
`endif
        .clk_i(clk), .rst_ni(rst_n), .strobe_i(strobe), .address_i(address), .active_o(active), .bl(bl), .sl(sl)
    );

    always #10 clk = ~clk;

    task automatic expect_rows(input logic [7:0] rows, input string when_);
        if (dut.u_array.wl !== rows || active !== |rows) begin
            wrong++;
            $display("WRONG %s: word lines %b, active %b, not %b", when_, dut.u_array.wl, active, rows);
        end
    endtask

    initial begin
        #25 expect_rows('0, "in reset");
        rst_n = 1'b1;
        for (int row = 0; row < 8; row++) begin
            @(negedge clk) strobe = 1'b1;
            address = row[2:0];
            @(negedge clk) strobe = 1'b0;
            address = ~row[2:0];
            expect_rows('0, "one clock after the strobe");
            @(negedge clk) expect_rows(8'b1 << row, "two clocks after the strobe");
            @(negedge clk) expect_rows('0, "three clocks after the strobe");
        end
        @(negedge clk) strobe = 1'b1;
        repeat (2) @(negedge clk);
        rst_n = 1'b0;
        #9 expect_rows('0, "in reset again, without a clock");
        $display("rows told: %0d wrong", wrong);
        $finish;
    end
endmodule

`default_nettype wire
