// Runs jobs on the controller, as software and the analog core would, and holds everything it does against expected events.
//
// scripts.py writes three files of hexadecimal words: what software does (+script), the pulses and conversions in order (+path), the
// results in order (+results). The bench answers the converter with the code of the expected conversion: up to there every pulse was
// the twin's, so the twin's cells are in the same state. It stops at the first difference. Plusarg +mutant is for the sources of
// mutants.py.
//
// Events, 64 bits, the kind in the upper four: 1 pulse, 2 conversion, 3 result, 4 end of a job, 5 last cell, f end of the file.
`default_nettype none
`timescale 1ns / 1ps

module jobs_bench #(
    parameter int unsigned Rows = 8,
    parameter int unsigned Columns = 8,
    parameter int unsigned Neurons = 4,
    parameter logic [2:0]  BufferWords = 0,
    parameter logic [31:0] RegisterJobStatus = 0,
    parameter logic [31:0] RegisterLevels = 0,
    parameter logic [31:0] RegisterResult = 0,
    parameter logic [31:0] RegisterResultCell = 0,
    parameter logic [31:0] RegisterError = 0,
    parameter logic [31:0] RegisterLastCell = 0
);

  localparam int AckBound = 8;  // cycles for an acknowledge
  localparam logic [63:0] EndOfFile = {4'hf, 60'd0};

  logic clk = 1'b0;
  logic rst = 1'b1;
  logic wbs_cyc, wbs_stb, wbs_we, wbs_ack;
  logic [31:0] wbs_adr, wbs_dat_w, wbs_dat_r;
  logic [2:0] irq;
  logic [Rows-1:0] row;
  logic [Columns-1:0] col;
  logic [Neurons-1:0] discharge, fire;
  logic wake, integ, phi_1, phi_2;
  logic sel_program, sel_sense, sel_ground, unsel_ground, unsel_inhibit, sl_program, sl_ground, con, wl_dac, wl_full;
  logic [5:0] dac_wl, dac_bl;
  logic dac_fine, dac_enable, adc_enable, adc_range, adc_sample, adc_strobe;
  logic [7:0] adc_trial;
  logic adc_valid = 1'b0;
  logic adc_above = 1'b0;

  logic [controller_pkg::IoWidth-1:0] io_in = '0;
  logic [controller_pkg::IoWidth-1:0] io_out;
  logic [Neurons-1:0] spike = '0;

  always #10 clk = ~clk;

  // A netlist (GL) has its sizes fixed.
  controller
`ifndef GL
  #(
      .Rows   (Rows),
      .Columns(Columns),
      .Neurons(Neurons)
  )
`endif
  dut (
      .wb_clk_i         (clk),
      .wb_rst_i         (rst),
      .wbs_cyc_i        (wbs_cyc),
      .wbs_stb_i        (wbs_stb),
      .wbs_we_i         (wbs_we),
      .wbs_sel_i        (4'hf),
      .wbs_adr_i        (wbs_adr),
      .wbs_dat_i        (wbs_dat_w),
      .wbs_ack_o        (wbs_ack),
      .wbs_dat_o        (wbs_dat_r),
      .io_in            (io_in),
      .io_out           (io_out),
      .io_oeb           (),
      .la_data_out      (),
      .user_irq         (irq),
      .row_1v8_o        (row),
      .wake_1v8_o       (wake),
      .integ_1v8_o      (integ),
      .ratio_b_1v8_o    (),
      .hold_1v8_o       (),
      .spike_1v8_i      (spike),
      .discharge_1v8_o  (discharge),
      .fire_1v8_o       (fire),
      .phi_1_1v8_o      (phi_1),
      .phi_2_1v8_o      (phi_2),
      .trim_1v8_o       (),
      .pair_1v8_o       (),
      .test_1v8_o       (),
      .config_1v8_o     (),
      .col_1v8_o        (col),
      .sel_program_1v8_o(sel_program),
      .sel_sense_1v8_o  (sel_sense),
      .sel_ground_1v8_o (sel_ground),
      .unsel_ground_1v8_o(unsel_ground),
      .unsel_inhibit_1v8_o(unsel_inhibit),
      .sl_program_1v8_o (sl_program),
      .sl_ground_1v8_o  (sl_ground),
      .con_1v8_o        (con),
      .wl_dac_1v8_o     (wl_dac),
      .wl_full_1v8_o    (wl_full),
      .dac_wl_1v8_o     (dac_wl),
      .dac_wl_fine_1v8_o(dac_fine),
      .dac_bl_1v8_o     (dac_bl),
      .dac_enable_1v8_o (dac_enable),
      .adc_enable_1v8_o (adc_enable),
      .adc_range_1v8_o  (adc_range),
      .adc_sample_1v8_o (adc_sample),
      .adc_trial_1v8_o  (adc_trial),
      .adc_strobe_1v8_o (adc_strobe),
      .adc_valid_1v8_i  (adc_valid),
      .adc_above_1v8_i  (adc_above),
      .reference_d_1v8_o(),
      .reference_write_1v8_o(),
      .reference_job_1v8_o(),
      .low_1v8_o        ()
  );

  // --- verdict

  integer script_file, path_file, results_file;
  integer job = -1;
  longint unsigned cycle = 0;
  longint unsigned job_start = 0;
  longint unsigned job_bound = 1000;
  integer pulses = 0;
  integer conversions = 0;
  integer results = 0;
  logic over = 1'b0;

  task automatic fail(input string what, input logic [63:0] found, input logic [63:0] expected);
    if (!over) $display("FAIL job %0d cycle %0d %s found %h expected %h", job, cycle, what, found, expected);
    over = 1'b1;
    $finish;
  endtask

  function automatic logic [63:0] next_word(input integer file);
    logic [63:0] word;
    if ($fscanf(file, "%h", word) != 1) word = EndOfFile;
    return word;
  endfunction

  function automatic logic [7:0] index_of(input logic [255:0] hot);
    for (int k = 0; k < 256; k++) if (hot[k]) return 8'(k);
    return 8'hff;
  endfunction

  logic traffic = 1'b0;  // row events and spikes come: the neurons have the array

  // --- the pins of the path, once a cycle

  logic [9:0] lines, lines_was;
  logic [Rows-1:0] row_was = '0;
  logic [Columns-1:0] col_was = '0;
  logic [12:0] codes, codes_was;
  logic pulsing, pulsing_was, phases;
  logic [Rows+Columns+26:0] pins_was = '0;
  logic form_job = 1'b0;
  logic offset_job = 1'b0;
  longint unsigned row_since = 0;
  logic [63:0] event_word, expected_word;

  assign lines = {sel_program, sel_sense, sel_ground, unsel_ground, unsel_inhibit, sl_program, sl_ground, con, wl_dac, wl_full};
  assign codes = {dac_fine, dac_wl, dac_bl};
  assign phases = wake | integ | phi_1 | phi_2 | (fire != '0);
  assign pulsing = (row != '0) & ((lines == image_pkg::LinesProgram) | resets(lines));

  function automatic logic resets(input logic [9:0] state);  // RESET, by the DAC's level on the rail or by vpp
    return (state == image_pkg::LinesReset) | (state == image_pkg::LinesErase);
  endfunction

  function automatic logic many(input logic [255:0] hot);
    return (hot & (hot - 256'd1)) != '0;
  endfunction

  function automatic logic no_gap(input logic [255:0] now, input logic [255:0] was);
    return (now != '0) & (was != '0) & (now != was);
  endfunction

  task automatic rules();
    if (many(256'(lines[9:7])) || many(256'(lines[6:5])) || many(256'(lines[4:2])) || many(256'(lines[1:0])))
      fail("two switches on together", 64'(lines), 0);
    if (no_gap(256'(lines[9:7]), 256'(lines_was[9:7])) || no_gap(256'(lines[6:5]), 256'(lines_was[6:5])) ||
        no_gap(256'(lines[4:2]), 256'(lines_was[4:2])) || no_gap(256'(lines[1:0]), 256'(lines_was[1:0])))
      fail("no gap between switches", 64'(lines), 64'(lines_was));
    if ((lines != lines_was || col != col_was) && (row != '0 || row_was != '0)) fail("a switch moves while a row is on", 64'(lines), 0);
    if (col != col_was && (lines[9:5] | lines_was[9:5]) != '0) fail("the column changes under a connected line", 64'(col), 64'(col_was));
    if (many(256'(col))) fail("two columns", 64'(col), 0);
    if (phases && !traffic) fail("a phase without an event", 0, 0);
    if (row != '0 && !traffic) begin
      if (!pulsing && lines != image_pkg::LinesSense) fail("a row in another state", 64'(lines), 0);
      if (many(256'(row))) fail("two rows", 64'(row), 0);
      if (col == '0) fail("a row without a column", 64'(row), 0);
      if (row_was != '0 && row != row_was) fail("the row changes without going off", 64'(row), 64'(row_was));
    end
    if (pulsing && row_was != '0 && codes != codes_was) fail("a code changes during a pulse", 64'(codes), 64'(codes_was));
    if (pulsing && !dac_enable) fail("a pulse without DACs", 0, 0);
    if (adc_sample && !adc_enable) fail("a conversion without its supply", 0, 0);
  endtask

  task automatic expect_path(input string what, input logic [63:0] found);
    expected_word = next_word(path_file);
    // The code of a conversion is the answer, not a finding.
    if (found[63:9] !== expected_word[63:9] || (found[63:60] === 4'd1 && found !== expected_word)) fail(what, found, expected_word);
  endtask

  // --- the converter: decides after 0 to 3 cycles, falls after 0 to 1; above comes 0 to 15 ns after valid, wrong until then

  logic sample_was = 1'b0;
  logic strobe_was = 1'b0;
  logic [8:0] held = 9'h100;  // bit 8: no answer
  integer wait_cycles = 0;
  logic [15:0] noise = 16'hace1;

  always @(negedge clk) begin
    cycle = cycle + 1;
    noise = {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
    if (!rst) begin
      if ({row, col, lines, codes, phases, dac_enable, adc_enable, adc_sample} != pins_was) rules();
      if (pulsing_was && row != row_was) begin
        pulses = pulses + 1;
        event_word = {4'd1, 7'd0, resets(lines_was) ? 2'd2 : {1'b0, ~form_job}, index_of(256'(row_was)),
            index_of(256'(col_was)), codes_was[11:6], codes_was[12], codes_was[5:0], 6'd0, 5'd0, lines_was == image_pkg::LinesErase, 10'(cycle - row_since)};
        expect_path("pulse", event_word);
      end
      if (row != row_was) row_since = cycle;
      if (sample_was && !adc_sample) begin
        conversions = conversions + 1;
        if (lines != image_pkg::LinesSense || (row == '0) != offset_job) fail("a conversion without a cell", 64'(lines), 0);
        event_word = {4'd2, 33'd0, offset_job, offset_job ? 8'd0 : index_of(256'(row)), index_of(256'(col)), adc_range, 9'd0};
        expect_path("conversion", event_word);
        held = expected_word[8:0];
      end
      if (adc_strobe != strobe_was) wait_cycles = adc_strobe ? 32'(noise[1:0]) : 32'(noise[2]);
      else if (wait_cycles != 0) wait_cycles = wait_cycles - 1;
      if (wait_cycles == 0 && adc_strobe && !held[8]) begin
        if (!adc_valid) begin
          adc_above = held[7:0] < adc_trial;
          adc_above <= #(noise[7:4]) held[7:0] >= adc_trial;
        end
        adc_valid = 1'b1;
      end else if (wait_cycles == 0 && !adc_strobe) begin
        adc_valid = 1'b0;
        adc_above = noise[3];  // means nothing now
      end
      if (cycle - job_start > job_bound) fail("the job does not end", 0, 0);
    end
    lines_was   = lines;
    row_was     = row;
    col_was     = col;
    codes_was   = codes;
    pulsing_was = pulsing;
    sample_was  = adc_sample;
    strobe_was  = adc_strobe;
    pins_was    = {row, col, lines, codes, phases, dac_enable, adc_enable, adc_sample};
  end

  // --- traffic, for the power of it: row events back to back, neurons that fire as soon as they may, a receiver that takes all

  integer events_sent = 0;
  integer events_taken = 0;

  always @(negedge clk) begin
    if (traffic) begin
      spike = spike ^ (~discharge & ~spike | (discharge & spike));
      if (io_out[controller_pkg::AerOutReqPin] && !io_in[controller_pkg::AerOutAckPin]) events_taken = events_taken + 1;
      io_in[controller_pkg::AerOutAckPin] = io_out[controller_pkg::AerOutReqPin];
    end
  end

  task automatic send_events(input integer count);
    traffic = 1'b1;
    for (int k = 0; k < count; k++) begin
      io_in[controller_pkg::AerInAddressPin+:8] = 8'(32'(noise[9:4]) % Rows);
      io_in[controller_pkg::AerInReqPin] = 1'b1;
      while (!io_out[controller_pkg::AerInAckPin]) @(negedge clk);
      io_in[controller_pkg::AerInReqPin] = 1'b0;
      while (io_out[controller_pkg::AerInAckPin]) @(negedge clk);
      events_sent = events_sent + 1;
    end
    repeat (60) @(negedge clk);
    traffic = 1'b0;
    spike = '0;
    io_in = '0;
  endtask

  // --- software

  logic [31:0] data;

  task automatic transfer(input logic we, input logic [31:0] address, input logic [31:0] value);
    integer waited;
    @(negedge clk);
    {wbs_cyc, wbs_stb, wbs_we} = {2'b11, we};
    wbs_adr   = controller_map::Base | address;
    wbs_dat_w = value;
    waited = 0;
    while (!wbs_ack && !over) begin
      waited = waited + 1;
      if (waited > AckBound) fail("no acknowledge", 64'(address), 0);
      @(negedge clk);
    end
    data = wbs_dat_r;
    {wbs_cyc, wbs_stb, wbs_we} = 3'd0;
  endtask

  task automatic expect_result(input string what, input logic [63:0] found);
    logic [63:0] wanted;
    wanted = next_word(results_file);
    if (found !== wanted) fail(what, found, wanted);
  endtask

  // Feeds the levels that did not fit, takes results, until the job has ended. Looks every few cycles, or seldom.
  task automatic run_job(input integer words, input integer poll, input logic visited);
    integer left;
    logic   ended;
    logic [31:0] cell_word;
    left  = words;
    ended = 1'b0;
    while (!ended && !over) begin
      transfer(1'b0, RegisterJobStatus, 0);
      while (left != 0 && data[10:8] < BufferWords && !over) begin
        transfer(1'b1, RegisterLevels, 32'(next_word(script_file)));
        left = left - 1;
        transfer(1'b0, RegisterJobStatus, 0);
      end
      ended = !data[0] && data[20:16] == '0;
      for (int k = 32'(data[20:16]); k != 0; k--) begin
        transfer(1'b0, RegisterResultCell, 0);
        cell_word = data;
        transfer(1'b0, RegisterResult, 0);
        if (!data[31]) fail("no result where one was promised", 64'(data), 0);
        results = results + 1;
        expect_result("result", {4'd3, 27'd0, cell_word[7:0], cell_word[15:8], data[18:16], data[13:8], data[7:0]});
      end
      if (!ended) repeat (poll) @(negedge clk);
    end
    // A job that ended early leaves levels of the script unread.
    for (int k = left; k != 0; k--) cell_word = 32'(next_word(script_file));
    transfer(1'b0, RegisterError, 0);
    expect_result("error of the job", {4'd4, 56'd0, data[3:0]});
    transfer(1'b0, RegisterLastCell, 0);
    if (visited) expect_result("last cell", {4'd5, 46'd0, data[13:8], data[7:0]});
    if (irq !== '0) fail("an interrupt that is not enabled", 64'(irq), 0);
    if (discharge !== '1) fail("a neuron is not held", 64'(discharge), 0);
  endtask

  string path;
  logic [63:0] command, address, value;

`ifdef GL
  initial begin
    string dump;
    if ($value$plusargs("vcd=%s", dump)) begin
      $dumpfile(dump);
      $dumpvars(0, dut);
      $dumpoff;
    end
  end
`endif

  initial begin
    if ($value$plusargs("script=%s", path)) script_file = $fopen(path, "r");
    if ($value$plusargs("path=%s", path)) path_file = $fopen(path, "r");
    if ($value$plusargs("results=%s", path)) results_file = $fopen(path, "r");
    {wbs_cyc, wbs_stb, wbs_we, wbs_adr, wbs_dat_w} = '0;
    repeat (4) @(negedge clk);
    rst = 1'b0;
    command = next_word(script_file);
    while (command[63:60] != 4'hf && !over) begin
      case (command[3:0])
        4'd1: begin  // write
          address = next_word(script_file);
          value = next_word(script_file);
          transfer(1'b1, address[31:0], value[31:0]);
        end
        4'd2: begin  // a job begins: its number, whether FORM (bit 0) or OFFSET (bit 1), cycles within which it must end
          value = next_word(script_file);
          job = 32'(value);
          job_start = cycle;
          value = next_word(script_file);
          {offset_job, form_job} = value[1:0];
          job_bound = next_word(script_file);
        end
        4'd3: begin  // the job to its end: words of levels that follow, cycles between two looks, whether a cell is visited
          value = next_word(script_file);
          address = next_word(script_file);
          command = next_word(script_file);
          run_job(32'(value), 32'(address), command[0]);
        end
`ifdef GL
        4'd6: begin  // record from here on (1), or not (0)
          value = next_word(script_file);
          if (value[0]) $dumpon;
          else $dumpoff;
        end
`endif
        4'd4: begin  // so many cycles of nothing
          value = next_word(script_file);
          repeat (32'(value)) @(negedge clk);
        end
        4'd5: begin  // so many row events
          value = next_word(script_file);
          send_events(32'(value));
        end
        default: fail("a command of the script that does not exist", command, 0);
      endcase
      command = next_word(script_file);
    end
    repeat (4) @(negedge clk);
    if (!over && next_word(path_file) != EndOfFile) fail("pulses or conversions are missing", 0, 0);
    if (!over && next_word(results_file) != EndOfFile) fail("results are missing", 0, 0);
    if (events_sent != 0) $display("TRAFFIC events_in %0d events_out %0d", events_sent, events_taken);
    if (!over) $display("PASS jobs %0d pulses %0d conversions %0d results %0d cycles %0d", job + 1, pulses, conversions, results, cycle);
    $finish;
  end

endmodule

`default_nettype wire
