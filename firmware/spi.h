/* NeuSoC over its SPI port from C: for a board whose own microcontroller is the master, in the place of the harness' bus.
 *
 * Compile all files with NEUSOC_BUS and take spi.c too: it brings neusoc_read() and neusoc_write(). The board brings neusoc_pause(), and
 * its master as a function. Frames are those of docs/02-chip/controller.md.
 */
#ifndef NEUSOC_SPI_H
#define NEUSOC_SPI_H

#include "neusoc.h"

#ifndef NEUSOC_BUS
#error "SPI is a bus of its own: define NEUSOC_BUS for all files"
#endif

enum { NEUSOC_SPI_WRITE_BYTES = 7, NEUSOC_SPI_READ_BYTES = 9, NEUSOC_SPI_SPAN = 0x1000 };
enum { NEUSOC_SPI_CLOSED = -1, NEUSOC_SPI_BEYOND = -2, NEUSOC_SPI_DISTURBED = -3 };

/* One frame: select down, count bytes in mode 0, the highest bit first, select up, and up for three halves of a period of SCK at least. SCK
 * is at most an eighth of the chip's clock. Each byte is replaced by the one that came meanwhile. The data line is one wire: while the last
 * NEUSOC_SPI_READ_BYTES - 3 bytes of a read go the chip may drive it. Returns 0, or what failed, a positive number of the board's own. */
typedef int (*neusoc_spi_exchange)(void *board, uint8_t *bytes, uint32_t count);

void neusoc_spi_open(neusoc_spi_exchange exchange, void *board); /* before all other calls; board: handed to each exchange */
/* What the first access failed with since the last call; forgotten by that: what the exchange returned, NEUSOC_SPI_CLOSED before
 * neusoc_spi_open(), NEUSOC_SPI_BEYOND for an offset of NEUSOC_SPI_SPAN or more, of which there is no frame, NEUSOC_SPI_DISTURBED for an
 * answer with a wrong check sum; else 0. A read that fails gives 0, so that neusoc_identify() finds no chip. */
int neusoc_spi_check(void);
/* Frames that the chip did not do since the last call, because they were not whole, had a wrong check sum or came too early; 255: that or
 * more. Their writes are missing, and a read among them gave what is no answer. To be called behind a group of accesses. */
uint32_t neusoc_spi_bad(void);

void neusoc_spi_write_frame(uint8_t frame[NEUSOC_SPI_WRITE_BYTES], uint32_t offset, uint32_t value);
void neusoc_spi_read_frame(uint8_t frame[NEUSOC_SPI_READ_BYTES], uint32_t offset);
int neusoc_spi_answer(const uint8_t came[NEUSOC_SPI_READ_BYTES], uint32_t *word); /* the word in what came during a read; 0, or NEUSOC_SPI_DISTURBED */

#endif
