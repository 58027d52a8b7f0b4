#include "spi.h"

enum { WRITES = 0x80, BYTE = 8, COMMAND_BYTES = 2, WORD_BYTES = 4, WORD_AT = NEUSOC_SPI_READ_BYTES - WORD_BYTES - 1 };

static neusoc_spi_exchange exchange_of;
static void *board_of;
static int failed;

void neusoc_spi_open(neusoc_spi_exchange exchange, void *board) {
  exchange_of = exchange;
  board_of = board;
  failed = 0;
}

int neusoc_spi_check(void) {
  int found = failed;
  failed = 0;
  return found;
}

/* CRC-8 by x^8 + x^2 + x + 1, from 0xFF. */
static uint8_t check_sum(const uint8_t *bytes, uint32_t count) {
  uint32_t sum = 0xFF;
  for (uint32_t k = 0; k < count; k++) {
    sum ^= bytes[k];
    for (uint32_t bit = 0; bit < BYTE; bit++) sum = sum & 0x80 ? sum << 1 ^ 0x107 : sum << 1;
  }
  return (uint8_t)sum;
}

void neusoc_spi_write_frame(uint8_t frame[NEUSOC_SPI_WRITE_BYTES], uint32_t offset, uint32_t value) {
  frame[0] = (uint8_t)(WRITES | offset >> BYTE);
  frame[1] = (uint8_t)offset;
  for (uint32_t k = 0; k < WORD_BYTES; k++) frame[COMMAND_BYTES + k] = (uint8_t)(value >> BYTE * (WORD_BYTES - 1 - k));
  frame[COMMAND_BYTES + WORD_BYTES] = check_sum(frame, COMMAND_BYTES + WORD_BYTES);
}

void neusoc_spi_read_frame(uint8_t frame[NEUSOC_SPI_READ_BYTES], uint32_t offset) {
  frame[0] = (uint8_t)(offset >> BYTE);
  frame[1] = (uint8_t)offset;
  frame[COMMAND_BYTES] = check_sum(frame, COMMAND_BYTES);
  for (uint32_t k = COMMAND_BYTES + 1; k < NEUSOC_SPI_READ_BYTES; k++) frame[k] = 0;
}

int neusoc_spi_answer(const uint8_t came[NEUSOC_SPI_READ_BYTES], uint32_t *word) {
  *word = 0;
  if (check_sum(came + WORD_AT, WORD_BYTES) != came[WORD_AT + WORD_BYTES]) return NEUSOC_SPI_DISTURBED;
  for (uint32_t k = 0; k < WORD_BYTES; k++) *word = *word << BYTE | came[WORD_AT + k];
  return 0;
}

/* A frame, if there is one of this offset; whether it was exchanged. */
static int exchanged(uint32_t offset, uint8_t *frame, uint32_t count) {
  int status = offset >= NEUSOC_SPI_SPAN ? NEUSOC_SPI_BEYOND : exchange_of ? exchange_of(board_of, frame, count) : NEUSOC_SPI_CLOSED;
  if (!failed) failed = status;
  return !status;
}

uint32_t neusoc_read(uint32_t offset) {
  uint8_t frame[NEUSOC_SPI_READ_BYTES];
  uint32_t word = 0;
  neusoc_spi_read_frame(frame, offset);
  if (exchanged(offset, frame, NEUSOC_SPI_READ_BYTES)) {
    int status = neusoc_spi_answer(frame, &word);
    if (!failed) failed = status;
  }
  return word;
}

uint32_t neusoc_spi_bad(void) {
  uint32_t bad = NEUSOC_GET(SPI, BAD, neusoc_read(NEUSOC_OFFSET(spi)));
  if (bad) neusoc_write(NEUSOC_OFFSET(spi), 0);
  return bad;
}

void neusoc_write(uint32_t offset, uint32_t value) {
  uint8_t frame[NEUSOC_SPI_WRITE_BYTES];
  neusoc_spi_write_frame(frame, offset, value);
  exchanged(offset, frame, NEUSOC_SPI_WRITE_BYTES);
}
