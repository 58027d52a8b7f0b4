// Pixels of two images in latches, four bits each: one is shown while the next is loaded.
//
// Software writes eight pixels a word, the first in the lowest bits, in the order of the rows. The last word completes an image; then no
// more is taken until it is shown.
`default_nettype none

module pixel_buffer #(
    parameter int unsigned Rows = 64
) (
    input  wire                  clk_i,
    input  wire                  rst_i,
    input  wire                  clear_i,       // the next word is the first of an image
    input  wire                  write_i,       // ignored when full_o
    input  wire  [31:0]          write_data_i,  // one cycle after write_i
    input  wire                  show_i,        // ignored unless full_o; what was loaded is shown from the next cycle on
    output logic                 full_o,        // an image waits to be shown
    output logic [3:0][Rows-1:0] planes_o       // of the image that is shown; [3] is the highest bit
);

  localparam int unsigned Words = (Rows + 7) / 8;
  localparam int unsigned AtWidth = (Words > 1) ? $clog2(Words) : 1;

  logic [8*Words-1:0][3:0] pixels[2];
  // Lint waiver: rows may end within a word.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [8*Words-1:0][3:0] shown;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [AtWidth-1:0]      at_q;
  logic                    front_q, full_q, push, show;

  assign push = write_i & ~full_q;
  assign show = show_i & full_q;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      at_q    <= '0;
      front_q <= 1'b0;
      full_q  <= 1'b0;
    end else begin
      if (show) begin
        front_q <= ~front_q;
        full_q  <= 1'b0;
      end
      if (clear_i) begin
        at_q   <= '0;
        full_q <= 1'b0;
      end else if (push) begin
        at_q   <= (at_q == AtWidth'(Words - 1)) ? '0 : at_q + AtWidth'(1);
        full_q <= at_q == AtWidth'(Words - 1);
      end
    end
  end

  // No reset: an image is shown only after it was loaded.
  for (genvar bank = 0; bank < 2; bank++) begin : gen_bank
    for (genvar k = 0; k < Words; k++) begin : gen_word
      latch_word #(
          .Width(32)
      ) u_word (
          .clk_i  (clk_i),
          .write_i(push & (front_q != 1'(bank)) & (at_q == AtWidth'(k))),
          .data_i (write_data_i),
          .word_o (pixels[bank][8*k+:8])
      );
    end
  end

  assign shown  = pixels[front_q];
  assign full_o = full_q;
  for (genvar b = 0; b < 4; b++) begin : gen_plane
    for (genvar r = 0; r < Rows; r++) begin : gen_row
      assign planes_o[b][r] = shown[r][b];
    end
  end

endmodule

`default_nettype wire
