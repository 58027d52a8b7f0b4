// Properties of neuron_config in its place: with the bus before it and the neurons' discharge behind it, whatever the bus master does.
`default_nettype none
module neuron_config_props (
    input wire clk_i, input wire rst_i, input wire wbs_cyc_i, input wire wbs_stb_i, input wire wbs_we_i, input wire [3:0] wbs_sel_i,
    input wire [31:0] wbs_adr_i, input wire [31:0] wbs_dat_i, input wire job_busy_i, input wire result_valid_i,
    input wire [3:0] mask_i, input wire hold_i, input wire [3:0] spike_i, input wire event_take_i,
    output wire assume_reset_first, output wire assume_job_after_command,
    output wire p_still_around_pulse, output wire p_one_pulse_a_write, output wire p_selected_only, output wire p_reset_opens_all,
    output wire p_all_discharged, output wire p_off_meanwhile, output wire p_no_job_meanwhile, output wire p_no_access_meanwhile,
    output wire p_missing_refused, output wire p_reads_as_written,
    output wire [2:0] step_ref,
    output wire c_one, output wire c_all, output wire c_missing, output wire c_enabled_after, output wire c_job_after
);
  localparam logic [6:0] Word = 7'h38;  // NEURON_CONFIG
  localparam logic [8:0] Default = {5'd16, 1'b0, 3'd3};  // pair, test, trim
  controller_pkg::neuron_settings_t settings;
  logic [31:0] data;
  logic [3:0] released, discharge, fires, hot;
  logic [2:0] trim;
  logic [4:0] pair;
  logic [8:0] sets;  // what a write asks for
  logic test, line, ack, command, valid;
  logic [controller_pkg::NeuronAddressWidth-1:0] neuron;
  register_block #(.Rows(8), .Columns(8), .Neurons(4)) dut (
      .clk_i, .rst_i, .wbs_cyc_i, .wbs_stb_i, .wbs_we_i, .wbs_sel_i, .wbs_adr_i, .wbs_dat_i, .wbs_ack_o(ack), .wbs_dat_o(data),
      .irq_o(), .neuron_o(settings), .mask_o(), .limits_o(), .ispp_o(), .grid_o(), .read_o(), .region_o(), .path_timing_o(),
      .adc_timing_o(), .key_o(), .release_o(released), .trim_1v8_o(trim), .test_1v8_o(test), .config_1v8_o(line),
      .event_write_o(), .event_take_o(), .command_o(command), .stop_job_o(), .stop_results_o(),
      .levels_write_o(), .result_take_o(), .write_data_o(), .held_data_o(),
      .pulse_busy_i(1'b0), .event_busy_i(1'b0), .event_row_i(8'd0), .spike_valid_i(1'b0), .software_valid_i(1'b0),
      .spike_neuron_i('0), .job_busy_i, .job_waits_level_i(1'b0), .job_waits_room_i(1'b0),
      .job_error_i(controller_pkg::JobNone), .levels_full_i(1'b0), .level_words_i(3'd0), .result_valid_i, .result_i('0),
      .result_count_i(3'd0), .result_row_i(8'd0), .result_col_i(8'd0), .target_i(8'd0), .last_wl_i(6'd0), .received_i(1'b0),
      .sent_i(1'b0), .bad_address_i(1'b0), .dropped_i(1'b0), .stuck_i(1'b0), .overflow_i(1'b0), .lost_i(1'b0), .job_end_i(1'b0), .job_failed_i(1'b0),
      .event_in_job_i(1'b0), .rail_refused_i(1'b0), .learning_busy_i(1'b0), .spi_bad_i(1'b0),
      .show_o(), .path_o(), .image_request_o(), .image_state_i('0), .pair_1v8_o(pair), .stop_write_o(), .region_write_o(), .awake_o(),
      .levels_closed_i(1'b0), .clock_lost_i(1'b0), .clock_lost_clear_o());
  spike_collector #(.Neurons(4)) u_spikes (
      .clk_i, .rst_i, .enable_i(settings.enable), .mask_i, .hold_i, .release_i(released), .winner_i(settings.winner),
      .inhibit_cycles_i(settings.inhibit), .refractory_count_i(settings.refractory_count),
      .refractory_prescale_i(settings.refractory_prescale), .spike_i, .discharge_1v8_o(discharge), .fires_o(fires),
      .event_valid_o(valid), .neuron_o(neuron), .event_take_i);

  // What the writes that are done mean, seen from the bus: taken_q[k], a write was taken k + 1 cycles ago; word_q, the last one.
  // Reset acts at once: in a cycle with it, and in the one after, the pins are what it makes of them.
  logic asked, exists, taken, reset, started_q, rst_was, enable_was, line_was, job_was, command_was, missing_was;
  logic [4:0] taken_q;
  logic [16:0] word_q;
  logic [16:0] word, word_was;  // as it reads
  logic [12:0] pins, pins_was;
  assign sets   = {wbs_dat_i[20:16], wbs_dat_i[5], wbs_dat_i[2:0]};
  assign asked  = dut.go & dut.write_q & (dut.word_q == Word);
  assign exists = wbs_dat_i[15] | (wbs_dat_i[14:10] == '0);
  assign taken  = asked & exists;
  assign word   = {dut.config_all, dut.config_neuron, pair, test, trim};
  assign reset  = rst_i | rst_was;
  assign hot    = {word_q[10:9] == 2'd3, word_q[10:9] == 2'd2, word_q[10:9] == 2'd1, word_q[10:9] == 2'd0};
  assign pins   = {discharge, pair, test, trim};
  assign step_ref = rst_i ? 3'd0 : taken_q[0] ? 3'd1 : taken_q[1] ? 3'd2 : taken_q[2] ? 3'd3 : taken_q[3] ? 3'd4 : taken_q[4] ? 3'd5 : 3'd0;
  always_ff @(posedge clk_i) begin
    started_q   <= started_q | rst_i;
    rst_was     <= rst_i;
    enable_was  <= settings.enable;
    line_was    <= line;
    job_was     <= job_busy_i;
    command_was <= command & ~rst_i;
    missing_was <= asked & ~exists & ~rst_i;
    pins_was    <= pins;
    word_was    <= word;
    taken_q     <= rst_i ? '0 : {taken_q[3:0], taken};
    if (rst_i) word_q <= {8'd0, Default};
    else if (taken) word_q <= {wbs_dat_i[15:8], sets};
  end

  assign assume_reset_first = started_q | rst_i;
  assign assume_job_after_command = ~job_busy_i | job_was | command_was;
  // Data and discharge stand still from the cycle before the line rises to the cycle after it falls, also after a reset.
  assign p_still_around_pulse = reset | ~started_q | ~(line | line_was) | (pins == pins_was);
  assign p_one_pulse_a_write = reset | ~started_q | (line == (taken_q[2] | taken_q[3]));
  assign p_selected_only = reset | ~line | ((pins[8:0] == word_q[8:0]) & (discharge == (word_q[16] ? '1 : hot)));
  assign p_reset_opens_all = ~reset | (line & (pins == {4'hf, Default}));
  assign p_all_discharged = ~started_q | (~rst_i & ((|taken_q[4:1]) | (enable_was & ~rst_was))) | (discharge == '1);
  assign p_off_meanwhile = ~(|taken_q) | ~(settings.enable | enable_was);
  assign p_no_job_meanwhile = ~(|taken_q) | ~job_busy_i;
  assign p_no_access_meanwhile = rst_i | ~(|taken_q) | ~(dut.pass | dut.go | dut.refused);
  assign p_missing_refused = rst_i | ~missing_was | ((dut.bus_code == controller_pkg::BusNeuron) & (word == word_was));
  assign p_reads_as_written = rst_i | ~started_q | (word == word_q);
  assign c_one = ~rst_was & line & (hot == 4'b0100) & (discharge == hot) & (pins[8:0] == {5'd9, 1'b1, 3'd4});
  assign c_all = ~rst_was & line & (discharge == '1);
  assign c_missing = missing_was;
  assign c_enabled_after = settings.enable & (word_q[8:0] == {5'd2, 1'b0, 3'd2}) & (discharge == '0);
  assign c_job_after = job_busy_i & (word_q[8:0] == {5'd2, 1'b0, 3'd2});
  logic unused;
  assign unused = &{1'b0, data, ack, fires, valid, neuron};
endmodule
`default_nettype wire
