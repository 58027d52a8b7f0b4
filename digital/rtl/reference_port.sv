// Writes the words of the block references: latches that share their data, each word with a write line of its own.
//
// The threshold's word is open at all times but those in which software writes another one: its code follows threshold_i a cycle later, so a
// falling threshold is a count. After the write, one column a cycle:
//
// step             0   1   2   3   4   5   6   0
// data         threshold   new ...         threshold
// write[other]     0   0   0   1   1   0   0   0
// write[threshold] 1   0   0   0   0   0   0   1
//
// busy_o holds off the bus meanwhile, and no image runs. In reset all latches are open and get 0, the default of each word.
`default_nettype none

module reference_port (
    input  wire                                   clk_i,
    input  wire                                   rst_i,
    input  wire  [image_pkg::ThresholdWidth-1:0]  threshold_i,
    input  wire                                   write_i,      // not while busy
    input  wire  [10:0]                           data_i,       // as in REFERENCE
    output logic                                  missing_o,    // such a write is not taken: there is no such word, or it is the threshold's
    output logic [2:0]                            word_o,       // of the last write taken
    output logic [5:0]                            data_o,
    output logic                                  busy_o,
    output logic [image_pkg::ThresholdWidth-1:0]  reference_d_1v8_o,
    output logic [image_pkg::ReferenceWords-1:0]  reference_write_1v8_o
);

  localparam logic [image_pkg::ReferenceWords-1:0] Threshold = image_pkg::ReferenceWords'(1) << image_pkg::ThresholdWord;

  logic [2:0] step_q, at_q;
  logic [5:0] data_q, d_q;
  logic [image_pkg::ReferenceWords-1:0] write_q;
  logic       taken;

  assign missing_o = (data_i[10:8] >= 3'(image_pkg::ReferenceWords)) | (data_i[10:8] == 3'(image_pkg::ThresholdWord));
  assign taken     = write_i & ~missing_o;

  always_ff @(posedge clk_i or posedge rst_i) begin
    if (rst_i) begin
      step_q  <= 3'd0;
      at_q    <= '0;
      data_q  <= '0;
      d_q     <= '0;
      write_q <= '1;
    end else begin
      if (taken) begin
        step_q <= 3'd1;
        at_q   <= data_i[10:8];
        data_q <= data_i[5:0];
      end else if (step_q == 3'd6) begin
        step_q <= 3'd0;
      end else if (step_q != 3'd0) begin
        step_q <= step_q + 3'd1;
      end
      case (step_q)
        3'd0: begin
          write_q <= taken ? '0 : Threshold;
          // The threshold counts about the middle code, as two's complement.
          d_q <= threshold_i ^ image_pkg::ThresholdDefault;
        end
        3'd1: d_q <= data_q;
        3'd2, 3'd3: write_q <= image_pkg::ReferenceWords'(1) << at_q;
        3'd5: d_q <= threshold_i ^ image_pkg::ThresholdDefault;
        default: write_q <= '0;
      endcase
    end
  end

  assign busy_o                = step_q != 3'd0;
  assign word_o                = at_q;
  assign data_o                = data_q;
  assign reference_d_1v8_o     = d_q;
  assign reference_write_1v8_o = write_q;

  // Bits of the register that have no field.
  logic unused;
  assign unused = &{1'b0, data_i[7:6]};

endmodule

`default_nettype wire
