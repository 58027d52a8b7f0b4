"""Faults of bus_front and its SPI slave, one for each property of bus_front_props.sv."""

from __future__ import annotations

_SPI = "spi_slave.sv"

BUS_FRONT: dict[str, tuple[str, ...]] = {
    "p_one_owner": ("assign wbs_ack_o = bus_ack_i & ~spi_q;", "assign wbs_ack_o = bus_ack_i;"),
    "p_wishbone_as_alone": ("assign bus_o.we  = spi_q ? write : wbs_we_i;", "assign bus_o.we  = write | wbs_we_i;"),
    "p_wishbone_ack_is_its_own": ("spi_q <= ~bus_ack_i;", "spi_q <= 1'b0;"),
    "p_wishbone_not_interrupted": ("request & (~(wbs_cyc_i & wbs_stb_i) | bus_ack_i);", "request;"),
    "p_wishbone_bounded": ("assign bus_o.stb = spi_q | wbs_stb_i;", "assign bus_o.stb = spi_q | (wbs_stb_i & ~request);"),
    "p_spi_bounded": ("(~(wbs_cyc_i & wbs_stb_i) | bus_ack_i);", "~(wbs_cyc_i & wbs_stb_i);"),
    "p_spi_once": (_SPI, "if (done_i) request_q <= 1'b0;", "if (done_i && !write_q) request_q <= 1'b0;"),
    "p_spi_holds_still": (_SPI, "assign early  = request_q & (count_q < Command);", "assign early  = 1'b0;"),
    "p_write_of_whole_frame": (_SPI, "(count_q == (write_q ? WriteEnd : ReadEnd))", "(count_q >= (write_q ? WriteEnd : ReadEnd))"),
    "p_read_of_command": (_SPI, "request_q <= word_q[14:11] == '0;", "request_q <= ~word_q[14];"),
    "p_bad_is_told": (_SPI, "assign bad_o     = ends & ~whole;", "assign bad_o     = ends & wrong_q;"),
    "p_drives_in_read_alone": (_SPI, "fall & ~write_q & ~wrong_q &", "fall & ~write_q &"),
    "p_answers_what_was_read": (_SPI, "        data_q  <= word_q[31];", "        data_q  <= word_q[30];"),
    "p_nothing_before_select": (_SPI, "assign active = seen_q & ~select_n_i;", "assign active = ~select_n_i;"),
}
