// What the whole controller's pins tell of the time before, and the states of its modules that an induction may start from. Included by
// controller_props.sv behind its lines, on() and active.

  // Cycles since the interlock's outputs went off or a group opened, and how many it takes: the gap as it was in that cycle.
  assign opened = on(lines_was) & ~on(lines);
  assign since  = (~live | active_was | (opened != '0)) ? 6'd1 : (&since_q) ? since_q : since_q + 6'd1;
  assign need   = (rst | reset_q) ? 6'd63 : ~live ? 6'd0 : (active_was | (opened != '0)) ? gap_was : need_q;
  // The request for a row stayed while the row fell: no more of it.
  assign spent = live & request_was & (spent_q | ((row_was != '0) & ~row_on));
  always_ff @(posedge clk_i) begin
    reset_q     <= rst;
    started_q   <= ~rst;
    lines_was   <= lines;
    codes_was   <= codes;
    row_was     <= row;
    col_was     <= col;
    active_was  <= active;
    gap_was     <= dut.path_timing.gap;
    since_q     <= since;
    need_q      <= need;
    request_was <= dut.row_on_wanted;
    spent_q     <= spent;
    count_q     <= (rst | ~row_on) ? 10'd0 : count_q + 10'd1;
  end

  // The interlock's own.
  assign i_row = dut.u_interlock.row_on_q == row_on;
  assign i_spent = rst | (dut.u_interlock.spent_q == spent);
  assign i_gap = rst | ((dut.u_interlock.gap_q > 6'd1) ? ({1'b0, dut.u_interlock.gap_q} + {1'b0, since} == {1'b0, need} + 7'd1) :
      (since >= need));

  // Path, cell and job are in step. A row of a job is on while the path asks for it.
  logic cell_verifies, cell_pulses, path_rests, path_verifies;
  assign cell_verifies = dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Verifying;
  assign cell_pulses   = dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Pulsing;
  assign path_rests    = dut.u_program.u_path.state_q == path_sequencer_states::Rest;
  assign path_verifies = dut.u_program.u_path.verify_q;
  assign i_path_of_cell = path_rests | (cell_verifies & path_verifies) | (cell_pulses & ~path_verifies);
  assign i_cell_of_path = ~(cell_verifies | cell_pulses) | ~path_rests;
  assign i_cell_of_job = (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Idle) |
      (dut.u_program.u_job.state_q == job_engine_states::Cell);
  assign i_job_owns = dut.job_grant | (dut.u_program.u_job.state_q == job_engine_states::Idle) |
      (dut.u_program.u_job.state_q == job_engine_states::Grid) | (dut.u_program.u_job.state_q == job_engine_states::Check) |
      (dut.u_program.u_job.state_q == job_engine_states::Wake);
  assign i_row_of_path = ~row_on | many | (dut.u_program.u_path.state_q == path_sequencer_states::Pulse) |
      (dut.u_program.u_path.state_q == path_sequencer_states::Sense) | (dut.u_program.u_path.state_q == path_sequencer_states::Convert) |
      (dut.u_program.u_path.state_q == path_sequencer_states::Release);

  // A cell that is only read or held, or not even that, ends with its verify.
  logic may_pulse;
  assign may_pulse = (dut.u_program.u_job.operation_q != controller_pkg::OpRead) &
      (dut.u_program.u_job.operation_q != controller_pkg::OpOffset) & (dut.u_program.u_job.operation_q != controller_pkg::OpHold);
  assign i_read_no_pulse = may_pulse |
      (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Idle) |
      (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Verify) | cell_verifies |
      (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Decide) |
      (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::End) |
      (dut.u_program.u_job.u_cell.state_q == ispp_cell_states::Stopped);

  // Writes of the limits that come through the bus, none while a job has the array.
  logic asked, limits_asked, config_asked, limits_written;
  assign asked          = dut.u_registers.go_q & dut.u_registers.write_q;
  assign limits_asked   = asked & ((dut.u_registers.word_q == controller_words::limits_codes) | (dut.u_registers.word_q == controller_words::limits_pulses));
  assign limits_written = dut.u_registers.u_settings.u_settings.u_limits_codes.write_q |
      dut.u_registers.u_settings.u_settings.u_limits_pulses.write_q;
  assign i_limits_asked = ~limits_asked | ~(dut.job_busy | dut.job_grant);

  // A neuron is configured while the neurons are off and no waveform runs; nothing else comes through the bus meanwhile.
  assign config_asked = asked & (dut.u_registers.word_q == controller_words::neuron_config);
  assign i_config_asked = ~config_asked | ~(dut.settings.enable | dut.learning_busy | dut.u_registers.u_settings.u_settings.u_ctrl.write_q);
  assign i_config_runs = (dut.u_registers.u_config.step_q == 3'd0) | ~(dut.settings.enable | dut.learning_busy | dut.u_registers.go_q |
      dut.u_registers.u_settings.u_settings.u_ctrl.write_q);

  // A neuron counts only while it is refractory.
  logic [3:0] counts;
  for (genvar n = 0; n < 4; n++) begin : gen_counts
    assign counts[n] = dut.u_spike_collector.gen_neuron[n].count_q != '0;
  end
  assign i_refractory = (counts & ~dut.u_spike_collector.refractory_q) == '0;
  // The SPI port has the bus only while a frame asks for it, so that none is answered behind its end.
  assign i_bus_is_asked = ~dut.u_front.spi_q | dut.u_front.request;
